import { VigilError } from '../../errors.ts';
import { type SessionId, sessionId } from '../../session/id.ts';
import type { BackupView } from '../../supervisor/backup-operations.ts';
import { roundBytes } from '../../wording/bytes.ts';
import { relativeTime } from '../../wording/relative-time.ts';
import { backupMarks, backupWords, momentOf } from '../backup-words.ts';
import { printable } from '../printable.ts';
import type { Style } from '../style.ts';
import { type Row, table } from '../table.ts';
import { callOf, type Register, withOperations } from '../verb.ts';

export const registerBackups: Register = (program, context, done) => {
  program
    .command('backups')
    .argument('[session]', 'those of that session alone')
    .description('list the backups, the newest first')
    .option(
      '--clear <backup>',
      'that one is neither rejected nor demoted any more: it may be restored by itself',
    )
    .action(async (session: string | undefined, { clear }: { readonly clear?: string }, command) => {
      const call = callOf(command, context);
      const id = session === undefined ? null : sessionId(session);
      if (clear !== undefined) {
        if (id === null) throw new VigilError('usage', '`--clear` needs the session whose backup it is.');
        const cleared = await withOperations(call, ({ backups }) => backups.clear(id, clear));
        call.output.result(cleared, () => clearedWords(cleared, context.clock.now()));
        done(0);
        return;
      }
      const progress = call.output.progress();
      const found = await withOperations(call, ({ backups }) => {
        progress.say('Reading the vault …');
        return backups.backups(id);
      }).finally(() => progress.end());
      call.output.result(found, () =>
        found.length === 0 ? noneYet(id) : backupTable(found, context.clock.now(), call.output.style),
      );
      done(0);
    });
};

function clearedWords(backup: BackupView, now: number): string {
  const { session, state, problem } = backup;
  if (state === 'broken')
    return `Of ${session}, ${backupWords(backup, now)} has no mark any more, and is broken: ${printable(problem ?? '')}\n`;
  return `Of ${session}, ${backupWords(backup, now)} counts as verified again.\n`;
}

function backupTable(backups: readonly BackupView[], now: number, style: Style): string {
  const head = [
    'SESSION',
    'BACKUP',
    'TAKEN',
    'AGE',
    'SIZE',
    'BROWSER',
    'VERIFIED',
    'DRILLED',
    'KEY',
    'STATE',
  ];
  return table(
    head,
    backups.map((backup) => row(backup, now, style)),
  );
}

/** What the browser did meanwhile. */
const browserDid = { frozen: 'running', closed: 'closed' } as const;

function row(
  { session, id, takenAt, bytes, state, problem, method, keys, verifiedAt, drilledAt }: BackupView,
  now: number,
  style: Style,
): Row {
  const [tone, word] = backupMarks[state];
  return {
    cells: [
      session ?? '–',
      printable(id),
      momentOf(takenAt),
      relativeTime(takenAt, now),
      bytes === 0 ? '–' : roundBytes(bytes),
      method === null ? '–' : browserDid[method],
      relativeTime(verifiedAt, now),
      relativeTime(drilledAt, now),
      keyCell(keys),
      style.tone(tone, word),
    ],
    notes: problem === null ? [] : [style.dim(printable(problem))],
  };
}

/** Any one of several opens it. */
function keyCell(keys: readonly string[]): string {
  const [first, ...others] = keys.map(printable);
  return first === undefined ? '–' : others.length === 0 ? first : `${first} +${others.length}`;
}

function noneYet(id: SessionId | null): string {
  return id === null
    ? 'No backups yet. Type `vigil backup --all` to take the first ones.\n'
    : `No backups of ${id} yet. Type \`vigil backup ${id}\` to take the first one.\n`;
}
