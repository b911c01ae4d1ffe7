import { statesPage } from '../wording/states-page.ts';
import { configurationPage, exampleEnv } from './describe.ts';
import { errorsPage } from './errors-page.ts';

/** The files of the repository that are written from code. `scripts/generate-docs.ts` writes and checks them. */
export function documents(): readonly { readonly path: string; readonly text: string }[] {
  return [
    { path: 'docs/configuration.md', text: configurationPage() },
    { path: 'docs/errors.md', text: errorsPage() },
    { path: 'docs/states.md', text: statesPage() },
    { path: '.env.example', text: exampleEnv() },
  ];
}
