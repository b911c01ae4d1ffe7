import { Command } from 'commander';
import type { CliContext } from './context.ts';
import type { Register } from './verb.ts';
import { registerBackup } from './verbs/backup.ts';
import { registerBackups } from './verbs/backups.ts';
import { registerConfig } from './verbs/config.ts';
import { registerDemo } from './verbs/demo.ts';
import { registerDoctor } from './verbs/doctor.ts';
import { registerDrill } from './verbs/drill.ts';
import { registerHelp } from './verbs/help.ts';
import { registerImport } from './verbs/import.ts';
import { registerLifecycle } from './verbs/lifecycle.ts';
import { registerLogs } from './verbs/logs.ts';
import { registerPair } from './verbs/pair.ts';
import { registerPurge } from './verbs/purge.ts';
import { registerRecover } from './verbs/recover.ts';
import { registerRestore } from './verbs/restore.ts';
import { registerServe } from './verbs/serve.ts';
import { registerSessions } from './verbs/sessions.ts';
import { registerVerify } from './verbs/verify.ts';
import { registerVersion } from './verbs/version.ts';

/** In the order of the help. */
const verbs: readonly Register[] = [
  registerServe,
  registerPair,
  registerSessions,
  registerLifecycle,
  registerBackup,
  registerBackups,
  registerRestore,
  registerRecover,
  registerImport,
  registerVerify,
  registerDrill,
  registerPurge,
  registerLogs,
  registerDoctor,
  registerConfig,
  registerVersion,
  registerDemo,
  registerHelp,
];

/** `fault` takes what commander would print about a line that it cannot read. */
export function buildProgram(
  context: CliContext,
  done: (exit: number) => void,
  fault: (text: string) => void,
): Command {
  const { stdout } = context.io;
  const program = new Command('vigil')
    .description('Keeps WhatsApp Web sessions online and never loses one.')
    .option('--json', 'print JSON: one document, errors too; `pair` and `logs` print one object a line')
    .option('--volume <path>', 'root of the volume, as VIGIL_VOLUME')
    .version(context.version, '-V, --version')
    .helpCommand(false)
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', '\nExit codes: vigil help exit-codes')
    // Subcommands take these over, so they come before them.
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: fault,
      getOutHelpWidth: () => stdout.columns ?? 100,
      getErrHelpWidth: () => stdout.columns ?? 100,
      getOutHasColors: () => false,
    });
  for (const register of verbs) register(program, context, done);
  return program;
}
