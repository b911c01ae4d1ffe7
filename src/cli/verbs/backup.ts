import { exitCode, VigilError } from '../../errors.ts';
import { type SessionId, sessionId } from '../../session/id.ts';
import type { BackupView } from '../../supervisor/backup-operations.ts';
import { roundBytes } from '../../wording/bytes.ts';
import { backupWords, methodWords } from '../backup-words.ts';
import { carryOut } from '../carry-out.ts';
import type { Connection } from '../context.ts';
import { interruptedExit } from '../exit-codes.ts';
import { type Attempt, oneByOne } from '../one-by-one.ts';
import { errorDocument } from '../output.ts';
import { printable } from '../printable.ts';
import { type Row, table } from '../table.ts';
import { type Call, callOf, type Register, withOperations } from '../verb.ts';

interface BackupOptions {
  readonly all?: boolean;
}

export const registerBackup: Register = (program, context, done) => {
  program
    .command('backup')
    .argument('[session]', 'or --all')
    .description('back a session up, without stopping it')
    .option('--all', 'every session, one after the other; a failure of one does not keep the others')
    .action(async (session: string | undefined, { all = false }: BackupOptions, command) => {
      const call = callOf(command, context);
      if (all === (session !== undefined)) {
        throw new VigilError('usage', 'Either one session or --all is backed up.', {
          remedy: 'Write `vigil backup <session>` or `vigil backup --all`.',
        });
      }
      done(await (session === undefined ? backUpAll(call) : backUp(call, sessionId(session))));
    });
};

async function backUp(call: Call, id: SessionId): Promise<number> {
  const { context, output } = call;
  return withOperations(call, async (connection) => {
    const backup = await take(call, connection, id, context.interrupted());
    if (backup === null) {
      output.result(null, () => leftWords(connection, id));
      return interruptedExit;
    }
    const how = methodWords(backup);
    output.result(backup, () => `${id} is backed up: ${backupWords(backup, context.clock.now())}, ${how}.\n`);
    return exitCode.ok;
  });
}

async function backUpAll(call: Call): Promise<number> {
  const { context, output } = call;
  return withOperations(call, async (connection) => {
    const sessions = await connection.operations.sessions();
    const signal = context.interrupted();
    const ids = sessions.map(({ id }) => id);
    const { attempts, interrupted } = await oneByOne(ids, (id) => take(call, connection, id, signal));
    // A refusal of what was never linked is no failure: there is nothing to back up.
    const unlinked = new Set(sessions.filter(({ phone }) => phone === null).map(({ id }) => id));
    const excused = ({ session, error }: Attempt<BackupView>) =>
      error?.code === 'session_refused' && unlinked.has(session);
    const failed = attempts.filter((attempt) => attempt.error !== null && !excused(attempt));
    output.result(
      attempts.map(({ session, result, error }) => ({
        session,
        backup: result,
        error: error && errorDocument(error),
      })),
      () => {
        const left = interrupted ? leftWords(connection, ids[attempts.length] ?? null) : '';
        return attemptTable(call, attempts, excused) + sum(attempts, failed) + left;
      },
    );
    if (interrupted) return interruptedExit;
    return failed[0]?.error?.exit ?? exitCode.ok;
  });
}

function take(
  { output }: Call,
  { backups }: Connection,
  id: SessionId,
  interrupted: AbortSignal,
): Promise<BackupView | null> {
  const watched = { doing: `Backing up ${id}`, progress: output.progress(), interrupted };
  return carryOut(backups.backup(id, interrupted), watched);
}

function attemptTable(
  { output: { style } }: Call,
  attempts: readonly Attempt<BackupView>[],
  excused: (attempt: Attempt<BackupView>) => boolean,
): string {
  const row = (attempt: Attempt<BackupView>): Row => {
    const { session, result, error } = attempt;
    if (error === null) {
      const taken = style.tone('good', 'backed up');
      return { cells: [session, taken, printable(result.id), roundBytes(result.bytes)] };
    }
    const outcome = excused(attempt) ? style.tone('idle', 'not linked') : style.tone('bad', 'failed');
    const remedy = `${style.bold('What to do:')} ${error.remedy}`;
    return {
      cells: [session, outcome, '–', '–'],
      notes: [style.dim(printable(error.message)), ...(excused(attempt) ? [] : [remedy])],
    };
  };
  return attempts.length === 0 ? '' : table(['SESSION', 'OUTCOME', 'BACKUP', 'SIZE'], attempts.map(row));
}

function sum(attempts: readonly Attempt<BackupView>[], failed: readonly Attempt<BackupView>[]): string {
  if (attempts.length === 0) return 'No sessions yet: nothing to back up.\n';
  const taken = attempts.filter(({ error }) => error === null).length;
  const names = failed.map(({ session }) => session).join(', ');
  return `\n${taken} backed up${failed.length === 0 ? '' : `, ${failed.length} failed: ${names}`}.\n`;
}

function leftWords({ mode }: Connection, id: SessionId | null): string {
  if (id === null) return '';
  return mode === 'daemon'
    ? `Not waited for any longer. The backup of ${id} goes on in the daemon.\n`
    : `Broken off. No backup of ${id} was taken.\n`;
}
