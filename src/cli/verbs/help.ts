import type { Command } from 'commander';
import { VigilError } from '../../errors.ts';
import { nearest } from '../../wording/nearest.ts';
import { exitCodesDocument, exitCodesHelp } from '../exit-codes.ts';
import { callOf, type Register } from '../verb.ts';

export const registerHelp: Register = (program, context, done) => {
  program
    .command('help')
    .argument('[topic]', 'a command, or exit-codes')
    .description('explain a command, or the exit codes')
    .action((topic: string | undefined, _options, self: Command) => {
      const { output } = callOf(self, context);
      if (topic === 'exit-codes') output.result(exitCodesDocument(), exitCodesHelp);
      else {
        const command = commandOf(program, topic);
        if (output.json) output.result(commandDocument(command), () => '');
        else command.outputHelp();
      }
      done(0);
    });
};

function commandOf(program: Command, topic: string | undefined): Command {
  if (topic === undefined) return program;
  const names = program.commands.map((verb) => verb.name());
  const command = program.commands.find((verb) => verb.name() === topic);
  if (command) return command;
  const meant = nearest(topic, [...names, 'exit-codes']);
  throw new VigilError('usage', `There is no help on "${topic}".${meant ? ` Did you mean ${meant}?` : ''}`);
}

interface CommandDocument {
  readonly name: string;
  readonly description: string;
  readonly arguments: readonly { name: string; description: string; required: boolean }[];
  readonly options: readonly { flags: string; description: string }[];
  readonly commands?: readonly CommandDocument[];
}

/** The help as a program reads it. */
function commandDocument(command: Command): CommandDocument {
  return {
    name: command.name(),
    description: command.description(),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.name(),
      description: argument.description,
      required: argument.required,
    })),
    options: command.options.map(({ flags, description }) => ({ flags, description })),
    ...(command.commands.length === 0 ? {} : { commands: command.commands.map(commandDocument) }),
  };
}
