import { VigilError } from '../../errors.ts';
import type { Register } from '../verb.ts';

const verbs = [['demo', 'see it heal against a simulator (not yet available)']] as const;

/** Verbs that are documented but belong to a later version: refused by name, whatever their arguments. */
export const registerLater: Register = (program) => {
  for (const [name, summary] of verbs) {
    program
      .command(name)
      .description(summary)
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => {
        throw new VigilError('not_yet_available', `\`vigil ${name}\` is not part of this version yet.`, {
          remedy: 'Use a version that has it (CHANGELOG.md).',
        });
      });
  }
};
