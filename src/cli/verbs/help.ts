import { nearest } from '../../config/nearest.ts';
import { VigilError } from '../../errors.ts';
import { exitCodesHelp } from '../exit-codes.ts';
import type { Register } from '../verb.ts';

export const registerHelp: Register = (program, context, done) => {
  program
    .command('help')
    .argument('[topic]', 'a command, or exit-codes')
    .description('explain a command, or the exit codes')
    .action((topic: string | undefined) => {
      const command = topic === undefined ? program : program.commands.find((verb) => verb.name() === topic);
      if (topic === 'exit-codes') context.io.stdout.write(exitCodesHelp());
      else if (command) command.outputHelp();
      else
        throw unknown(
          topic ?? '',
          program.commands.map((verb) => verb.name()),
        );
      done(0);
    });
};

function unknown(topic: string, names: readonly string[]): VigilError {
  const meant = nearest(topic, [...names, 'exit-codes']);
  return new VigilError('usage', `There is no help on "${topic}".${meant ? ` Did you mean ${meant}?` : ''}`);
}
