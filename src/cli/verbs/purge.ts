import { exitCode, toVigilError } from '../../errors.ts';
import { type SessionId, sessionId } from '../../session/id.ts';
import type { BackupView } from '../../supervisor/backup-operations.ts';
import { roundBytes } from '../../wording/bytes.ts';
import { relativeTime } from '../../wording/relative-time.ts';
import { carryOut } from '../carry-out.ts';
import { consent, notConfirmed } from '../consent.ts';
import type { Connection } from '../context.ts';
import { interruptedExit } from '../exit-codes.ts';
import { printable } from '../printable.ts';
import { type Call, callOf, type Register, withOperations } from '../verb.ts';

interface PurgeOptions {
  readonly yes?: boolean;
}

export const registerPurge: Register = (program, context, done) => {
  program
    .command('purge')
    .argument('<session>')
    .description('erase everything of a session')
    .option('--yes', 'without being asked')
    .addHelpText(
      'after',
      [
        '\nIts profile, what lies in quarantine of it, its backups, its record and its log. Nothing brings them back.',
        'The device stays linked at WhatsApp: `vigil logout` first, or unlink it on the phone.',
      ].join('\n'),
    )
    .action(async (session: string, options: PurgeOptions, command) => {
      done(await purge(callOf(command, context), sessionId(session), options));
    });
};

async function purge(call: Call, id: SessionId, { yes = false }: PurgeOptions): Promise<number> {
  const { context, output } = call;
  const ask = consent(call, yes, `purge ${id}`);
  const interrupted = context.interrupted();
  return withOperations(call, async (connection) => {
    const { backups } = connection;
    if (!output.json) {
      const found = await backups.backups(id).catch(unlessUnknown);
      context.io.stderr.write(consequences(id, found, context.clock.now()));
    }
    if (ask !== null) {
      const typed = await ask(`Type ${id} to erase all of it: `, interrupted);
      if (typed === null) {
        output.result(null, () => 'Nothing was erased.\n');
        return interruptedExit;
      }
      if (typed.trim() !== id) throw notConfirmed(id);
    }
    const watched = { doing: `Erasing ${id}`, progress: output.progress(), interrupted };
    const view = await carryOut(backups.purge(id, interrupted), watched);
    if (view === null) {
      output.result(null, () => leftWords(connection, id));
      return interruptedExit;
    }
    output.result(view, () => erasedWords(id, view.erased));
    return exitCode.ok;
  });
}

/** Of a session that is not known any more there may still be something in quarantine. */
function unlessUnknown(thrown: unknown): readonly BackupView[] {
  if (toVigilError(thrown).code === 'session_not_found') return [];
  throw thrown;
}

function consequences(id: SessionId, backups: readonly BackupView[], now: number): string {
  return [
    `Everything of ${id} will be erased, and nothing brings it back:`,
    '  its profile, which is the login',
    '  what lies in quarantine of it',
    `  ${backupsWords(backups, now)}`,
    '  its record and its log',
    '',
  ].join('\n');
}

function backupsWords(backups: readonly BackupView[], now: number): string {
  const [newest] = backups;
  if (newest === undefined) return 'no backups: there are none';
  const size = roundBytes(backups.reduce((sum, { bytes }) => sum + bytes, 0));
  const age = relativeTime(newest.takenAt, now);
  return backups.length === 1
    ? `its only backup (${size}), of ${age}`
    : `all ${backups.length} backups (${size}), the newest of ${age}`;
}

function erasedWords(id: SessionId, erased: readonly string[]): string {
  if (erased.length === 0) return `There was nothing of ${id}.\n`;
  return `${id} is erased:\n${erased.map((name) => `  ${printable(name)}\n`).join('')}`;
}

function leftWords({ mode }: Connection, id: SessionId): string {
  return mode === 'daemon'
    ? `Not waited for any longer. The daemon goes on erasing ${id}.\n`
    : `Broken off. Some of ${id} may be erased; the same command erases the rest.\n`;
}
