import { nearest } from '../wording/nearest.ts';
import { type Fault, notYet } from './faults.ts';
import { schema, settingKeys } from './settings.ts';
import { laterMeaning } from './unavailable.ts';

const known: readonly string[] = settingKeys.map((key) => schema[key].env);

/**
 * Every `VIGIL_*` name that means nothing, since a misspelt setting is one that does not apply. Their values
 * are not quoted: nobody knows whether they are secret.
 */
export function unknownNames(env: Readonly<Record<string, string | undefined>>): Fault[] {
  const names = Object.keys(env).filter((name) => /^VIGIL_/i.test(name) && env[name] !== undefined);
  return names
    .sort()
    .filter((name) => !known.includes(name))
    .map((name) => {
      const meaning = laterMeaning(name);
      return meaning === null ? unknownName(name) : notYet(name, meaning);
    });
}

function unknownName(name: string): Fault {
  const shown = name.length > 80 ? `${name.slice(0, 80)}…` : name;
  const suggestion = meant(shown);
  const hint =
    suggestion === null ? 'docs/configuration.md lists those there are.' : `did you mean ${suggestion}?`;
  return { name: shown, kind: 'unknown', message: `${shown}: there is no such setting; ${hint}` };
}

/** `VIGIL_PORT` is as likely a slip as `VIGIL_DRIAN`: the names that are not ours carry no prefix. */
function meant(name: string): string | null {
  // The name that an earlier draft of the documentation used.
  if (name === 'VIGIL_CHROMIUM') return schema.chromiumExecutable.env;
  const match = nearest(bare(name), known.map(bare));
  return known.find((candidate) => bare(candidate) === match) ?? null;
}

const bare = (name: string): string => name.toUpperCase().replace(/^VIGIL_/, '');
