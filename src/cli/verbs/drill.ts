import { catalogue, exitCode, VigilError } from '../../errors.ts';
import { type SessionId, sessionId } from '../../session/id.ts';
import type { DrillView, WhichBackup } from '../../supervisor/backup-operations.ts';
import { roundBytes } from '../../wording/bytes.ts';
import { roundDuration } from '../../wording/duration.ts';
import { backupWords } from '../backup-words.ts';
import { carryOut } from '../carry-out.ts';
import type { Connection } from '../context.ts';
import { interruptedExit } from '../exit-codes.ts';
import { type Attempt, oneByOne } from '../one-by-one.ts';
import { errorDocument } from '../output.ts';
import { printable } from '../printable.ts';
import { type Row, table } from '../table.ts';
import { type Call, callOf, type Register, withOperations } from '../verb.ts';

interface DrillOptions {
  readonly backup?: string;
}

export const registerDrill: Register = (program, context, done) => {
  program
    .command('drill')
    .argument('[session]', 'that one alone')
    .description('prove that the newest good backup of each session opens, in a browser without a network')
    .option('--backup <id>', 'that one of the session (`vigil backups`)')
    .addHelpText(
      'after',
      '\nNo session is touched or stopped. A backup that fails is tried after all others from then on.',
    )
    .action(async (session: string | undefined, { backup }: DrillOptions, command) => {
      const call = callOf(command, context);
      if (session === undefined && backup !== undefined)
        throw new VigilError('usage', '`--backup` needs the session whose backup it is.');
      const which = backup === undefined ? 'latest' : { id: backup };
      done(await (session === undefined ? drillAll(call) : drillOne(call, sessionId(session), which)));
    });
};

const failed = catalogue.backup_damaged.exit;
const brokenOff = 'Broken off. Nothing was changed.\n';

async function drillOne(call: Call, id: SessionId, which: WhichBackup): Promise<number> {
  const { context, output } = call;
  return withOperations(call, async (connection) => {
    const view = await drill(call, connection, id, which, context.interrupted());
    if (view === null) {
      output.result(null, () => brokenOff);
      return interruptedExit;
    }
    output.result(view, () => drillWords(view, context.clock.now()));
    return view.passed ? exitCode.ok : failed;
  });
}

async function drillAll(call: Call): Promise<number> {
  const { context, output } = call;
  return withOperations(call, async (connection) => {
    const sessions = await connection.operations.sessions();
    const signal = context.interrupted();
    const ids = sessions.map(({ id }) => id);
    const { attempts, interrupted } = await oneByOne(ids, (id) =>
      drill(call, connection, id, 'latest', signal),
    );
    // Nobody ever linked it, so that no backup is missed.
    const unlinked = new Set(sessions.filter(({ phone }) => phone === null).map(({ id }) => id));
    const excused = ({ session, error }: Attempt<DrillView>) =>
      error?.code === 'backup_not_found' && unlinked.has(session);
    const bad = attempts.filter(({ result }) => result !== null && !result.passed);
    const undone = attempts.filter((attempt) => attempt.error !== null && !excused(attempt));
    output.result(
      attempts.map(({ session, result, error }) => ({
        session,
        drill: result,
        error: error && errorDocument(error),
      })),
      () => {
        const rows = attempts.map((attempt) => row(call, attempt, excused(attempt)));
        const shown = rows.length === 0 ? '' : table(['SESSION', 'OUTCOME', 'BACKUP', 'SIZE', 'TOOK'], rows);
        return shown + sum(attempts, bad, undone) + (interrupted ? brokenOff : '');
      },
    );
    if (interrupted) return interruptedExit;
    return bad.length > 0 ? failed : (undone[0]?.error?.exit ?? exitCode.ok);
  });
}

function drill(
  { output }: Call,
  { backups }: Connection,
  id: SessionId,
  which: WhichBackup,
  interrupted: AbortSignal,
): Promise<DrillView | null> {
  const watched = { doing: `Drilling a backup of ${id}`, progress: output.progress(), interrupted };
  return carryOut(backups.drill(id, which, interrupted), watched);
}

function drillWords(view: DrillView, now: number): string {
  const { session, backup, passed, took, unpacked, browser } = view;
  const outcome = passed ? 'has passed its drill' : 'has FAILED its drill';
  const notes = notesOf(view).map((note) => `  ${note}\n`);
  return (
    `Of ${session}, ${backupWords(backup, now)} ${outcome}, which took ${roundDuration(took)}: ` +
    `${roundBytes(unpacked)} unpacked${foundWords(view)}, in Chromium ${printable(browser)}.\n${notes.join('')}`
  );
}

function foundWords({ found }: DrillView): string {
  if (found === null) return ', and no browser was started for it';
  const { loginKeys, databases, records } = found;
  return `, ${loginKeys} login keys and ${databases} databases with ${records} records found`;
}

function notesOf({ session, backup, passed, problem, warnings }: DrillView): readonly string[] {
  const id = printable(backup.id);
  const known = `Where you know better: \`vigil backups ${session} --clear ${id}\`.`;
  const advice = passed
    ? backup.state === 'demoted'
      ? [`It is still demoted. ${known}`]
      : []
    : [
        `It is tried after all others from now on. Take another one, and drill it: \`vigil backup ${session}\`, \`vigil drill ${session}\`. ${known}`,
      ];
  return [...(problem === null ? [] : [printable(problem)]), ...warnings.map(printable), ...advice];
}

function row(
  { output: { style } }: Call,
  { session, result, error }: Attempt<DrillView>,
  excused: boolean,
): Row {
  if (error !== null) {
    const outcome = excused ? style.tone('idle', 'not linked') : style.tone('asking', 'not drilled');
    const remedy = `${style.bold('What to do:')} ${error.remedy}`;
    const notes = [style.dim(printable(error.message)), ...(excused ? [] : [remedy])];
    return { cells: [session, outcome, '–', '–', '–'], notes };
  }
  const { passed, backup, took } = result;
  const outcome = passed ? style.tone('good', 'passed') : style.tone('bad', 'failed');
  const cells = [session, outcome, printable(backup.id), roundBytes(backup.bytes), roundDuration(took)];
  return { cells, notes: notesOf(result).map((note) => style.dim(note)) };
}

function sum(
  attempts: readonly Attempt<DrillView>[],
  bad: readonly Attempt<DrillView>[],
  undone: readonly Attempt<DrillView>[],
): string {
  if (attempts.length === 0) return 'No sessions yet: nothing to drill.\n';
  const names = (some: readonly Attempt<DrillView>[]) => some.map(({ session }) => session).join(', ');
  const passed = attempts.filter(({ result }) => result?.passed).length;
  const failures = bad.length === 0 ? '' : `, ${bad.length} failed: ${names(bad)}`;
  const rest = undone.length === 0 ? '' : `; not drilled: ${names(undone)}`;
  return `\n${passed} passed${failures}${rest}.\n`;
}
