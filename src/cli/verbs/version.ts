import { callOf, type Register } from '../verb.ts';

export const registerVersion: Register = (program, context, done) => {
  program
    .command('version')
    .description('print the version')
    .action((_options, command) => {
      const { version } = context;
      callOf(command, context).output.result({ version }, () => `${version}\n`);
      done(0);
    });
};
