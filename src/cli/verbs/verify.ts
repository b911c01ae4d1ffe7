import { catalogue, exitCode } from '../../errors.ts';
import { type SessionId, sessionId } from '../../session/id.ts';
import type { SessionView } from '../../session/session-view.ts';
import type { CheckView, VerificationView } from '../../supervisor/backup-operations.ts';
import type { Tone } from '../../wording/words.ts';
import { carryOut } from '../carry-out.ts';
import type { Connection } from '../context.ts';
import { interruptedExit } from '../exit-codes.ts';
import { type Attempt, oneByOne } from '../one-by-one.ts';
import { errorDocument } from '../output.ts';
import { printable } from '../printable.ts';
import type { Style } from '../style.ts';
import { type Row, table } from '../table.ts';
import { type Call, callOf, type Register, withOperations } from '../verb.ts';

export const registerVerify: Register = (program, context, done) => {
  program
    .command('verify')
    .argument('[session]', 'that one alone')
    .description("look deeply at each session's profile and at its newest backup")
    .addHelpText(
      'after',
      '\nNothing is changed, and nothing is stopped: a running profile is looked at as a copy.',
    )
    .action(async (session: string | undefined, _options, command) => {
      const call = callOf(command, context);
      done(await (session === undefined ? verifyAll(call) : verifyOne(call, sessionId(session))));
    });
};

async function verifyOne(call: Call, id: SessionId): Promise<number> {
  const { context, output } = call;
  return withOperations(call, async (connection) => {
    const view = await look(call, connection, id, context.interrupted());
    if (view === null) {
      output.result(null, () => brokenOff);
      return interruptedExit;
    }
    const lines = linesOf(view);
    output.result(view, () => checkTable(lines, output.style) + sum(lines, []));
    return lines.every(isSound) ? exitCode.ok : unsound;
  });
}

async function verifyAll(call: Call): Promise<number> {
  const { context, output } = call;
  return withOperations(call, async (connection) => {
    const sessions = await connection.operations.sessions();
    const signal = context.interrupted();
    const ids = sessions.map(({ id }) => id);
    const { attempts, interrupted } = await oneByOne(ids, (id) => look(call, connection, id, signal));
    const failed = attempts.filter(({ error }) => error !== null);
    const unlinked = new Set(sessions.filter(neverLinked).map(({ id }) => id));
    const lines = attempts.flatMap(({ session, result }) =>
      result === null ? [] : linesOf(result, unlinked.has(session)),
    );
    output.result(
      attempts.map(({ session, result, error }) => ({
        session,
        profile: result?.profile ?? null,
        backup: result?.backup ?? null,
        error: error && errorDocument(error),
      })),
      () => {
        if (attempts.length === 0) return interrupted ? brokenOff : 'No sessions yet: nothing to verify.\n';
        const checks = checkTable(lines, output.style, failed);
        return checks + sum(lines, failed) + (interrupted ? brokenOff : '');
      },
    );
    if (interrupted) return interruptedExit;
    return lines.every(isSound) ? (failed[0]?.error?.exit ?? exitCode.ok) : unsound;
  });
}

function look(
  { output }: Call,
  { backups }: Connection,
  id: SessionId,
  interrupted: AbortSignal,
): Promise<VerificationView | null> {
  const watched = { doing: `Looking at ${id}`, progress: output.progress(), interrupted };
  return carryOut(backups.verify(id, interrupted), watched);
}

const unsound = catalogue.profile_damaged.exit;
const brokenOff = 'Broken off before everything was looked at. Nothing was changed.\n';

/** Nobody ever scanned its QR, so that no login is missed. A login that was lost is another matter. */
function neverLinked({ phone, reason }: SessionView): boolean {
  return phone === null && reason !== 'no_sound_profile';
}

interface Line {
  readonly session: SessionId;
  /** `profile`, or the id of a backup. */
  readonly what: string;
  readonly check: CheckView;
  /** There is nothing, and nothing is missed. */
  readonly excused: boolean;
  readonly remedy: string;
}

function linesOf({ session, profile, backup }: VerificationView, unlinked = false): readonly Line[] {
  const empty = profile.soundness === 'absent' || profile.soundness === 'no_login';
  const excused = unlinked && empty;
  const way =
    backup === null
      ? `There is no backup of it: \`vigil pair ${session}\` links it again.`
      : `\`vigil restore ${session}\` puts a backup in its place; what is there goes to quarantine.`;
  const lines = [{ session, what: 'profile', check: profile, excused, remedy: remedyOf(profile, way) }];
  if (backup === null) return lines;
  const another = remedyOf(backup, `Take another one while the session works: \`vigil backup ${session}\`.`);
  return [...lines, { session, what: backup.id, check: backup, excused: false, remedy: another }];
}

function remedyOf({ soundness }: CheckView, way: string): string {
  return soundness === 'unverifiable'
    ? 'Nobody knows whether it is good; use a newer version of vigil.'
    : way;
}

const isSound = ({ check, excused }: Line): boolean => excused || check.soundness === 'sound';

const marks = {
  sound: ['good', 'sound'],
  absent: ['bad', 'absent'],
  no_login: ['bad', 'no login'],
  damaged: ['bad', 'damaged'],
  unverifiable: ['asking', 'unverifiable'],
} as const satisfies Record<CheckView['soundness'], readonly [Tone, string]>;

function checkTable(
  lines: readonly Line[],
  style: Style,
  failed: readonly Attempt<VerificationView>[] = [],
): string {
  const rows = [
    ...lines.map((line) => row(line, style)),
    ...failed.map(({ session, error }) => ({
      cells: [session, '–', style.tone('bad', 'not seen')],
      notes: [
        style.dim(printable(error?.message ?? '')),
        `${style.bold('What to do:')} ${printable(error?.remedy ?? '')}`,
      ],
    })),
  ];
  return table(['SESSION', 'WHAT', 'VERDICT'], rows);
}

function row(line: Line, style: Style): Row {
  const { session, what, check, excused, remedy } = line;
  const [tone, word] = excused ? (['idle', 'not linked'] as const) : marks[check.soundness];
  const sentences = excused ? [] : [...(check.problem === null ? [] : [check.problem]), ...check.warnings];
  return {
    cells: [session, printable(what), style.tone(tone, word)],
    notes: [
      ...sentences.map((sentence) => style.dim(printable(sentence))),
      ...(isSound(line) ? [] : [`${style.bold('What to do:')} ${remedy}`]),
    ],
  };
}

function sum(lines: readonly Line[], failed: readonly Attempt<VerificationView>[]): string {
  const bad = lines.filter((line) => !isSound(line)).length;
  const seen = bad === 0 ? 'Everything that was looked at is sound' : `${bad} of ${lines.length} not sound`;
  const names = failed.map(({ session }) => session).join(', ');
  return `\n${seen}${failed.length === 0 ? '' : `; not looked at: ${names}`}.\n`;
}
