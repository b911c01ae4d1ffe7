import { VigilError } from '../../errors.ts';
import type { Register } from '../verb.ts';

/** It needs the simulator, which is not published: the script of a checkout runs it before it comes to this program. */
export const registerDemo: Register = (program) => {
  program
    .command('demo')
    .description('see it heal, without a phone (in a clone: ./vigil demo)')
    .option('--auto', 'everything in a row, without keys')
    .option('--json', 'with --auto: one JSON document at the end')
    .option('--record', 'with --auto: writes the picture for the README')
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw new VigilError(
        'usage',
        '`vigil demo` is a part of the repository: the package lacks the simulated WhatsApp Web that it runs on.',
        {
          remedy:
            'Clone the repository and run `./vigil demo` in it. It needs neither a phone nor this installation.',
        },
      );
    });
};
