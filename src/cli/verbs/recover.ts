import { exitCode } from '../../errors.ts';
import { type SessionId, sessionId } from '../../session/id.ts';
import type { RecoverySessionView, RecoveryView } from '../../supervisor/recovery-operations.ts';
import { roundBytes } from '../../wording/bytes.ts';
import { relativeTime } from '../../wording/relative-time.ts';
import { carryOut } from '../carry-out.ts';
import { consent, notConfirmed } from '../consent.ts';
import type { Connection } from '../context.ts';
import { interruptedExit } from '../exit-codes.ts';
import { printable } from '../printable.ts';
import { table } from '../table.ts';
import { type Call, callOf, type Register, withOperations } from '../verb.ts';

interface RecoverOptions {
  readonly session?: readonly string[];
  readonly takeOver?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

export const registerRecover: Register = (program, context, done) => {
  program
    .command('recover')
    .description('bring the sessions of a lost volume back from the vault')
    .option('--session <id...>', 'these only')
    .option('--take-over', 'although the vault belongs to another installation, which loses it')
    .option('--dry-run', 'show what would come back, and change nothing')
    .option('--yes', 'without being asked')
    .addHelpText(
      'after',
      [
        '\nWhat is on the volume already is left alone. A session that was stopped or had failed comes back as that.',
        'Stop the other installation for good before you take over: two that run the same sessions throw each other out.',
      ].join('\n'),
    )
    .action(async (options: RecoverOptions, command) => {
      done(await recover(callOf(command, context), options));
    });
};

async function recover(call: Call, options: RecoverOptions): Promise<number> {
  const { context, output } = call;
  const { dryRun = false, takeOver = false } = options;
  const ask = dryRun ? null : consent(call, options.yes === true, 'recover');
  const sessions: readonly SessionId[] | null = options.session?.map(sessionId) ?? null;
  const interrupted = context.interrupted();
  return withOperations(call, async ({ backups, mode }) => {
    const watch = (doing: string) => ({ doing, progress: output.progress(), interrupted });
    const plan = await carryOut(
      backups.recover({ sessions, takeOver, dryRun: true }, interrupted),
      watch('Looking into the vault'),
    );
    if (plan === null) return nothing(call);
    const now = context.clock.now();
    if (dryRun) {
      output.result(plan, () => `${planWords(plan, now)}Nothing was changed.\n`);
      return exitCode.ok;
    }
    if (!output.json) context.io.stderr.write(planWords(plan, now) + warning(plan, takeOver));
    if (ask !== null && plan.sessions.some(({ action }) => action !== 'there')) {
      const answer = await ask('Go on? [y/N] ', interrupted);
      if (answer === null) return nothing(call);
      if (!/^\s*y(es)?\s*$/i.test(answer)) throw notConfirmed('recover');
    }
    const view = await carryOut(
      backups.recover({ sessions, takeOver, dryRun: false }, interrupted),
      watch('Bringing them back'),
    );
    if (view === null) {
      output.result(null, () => 'Broken off. What came back is there; the same command brings the rest.\n');
      return interruptedExit;
    }
    output.result(view, () => doneWords(view, mode));
    return exitCode.ok;
  });
}

function nothing({ output }: Call): number {
  output.result(null, () => 'Nothing was changed.\n');
  return interruptedExit;
}

function planWords({ vault, snapshot, sessions }: RecoveryView, now: number): string {
  const from =
    snapshot === null
      ? 'no snapshot of an installation, so backups are all that is known'
      : `the records as of ${relativeTime(snapshot.takenAt, now)}`;
  const head = `${printable(vault)} holds ${from}.\n`;
  if (sessions.length === 0) return `${head}There is no session in it.\n`;
  const rows = sessions.map((one) => ({
    cells: [
      one.session,
      one.phone ?? '–',
      one.backup === null ? '–' : relativeTime(one.backup.takenAt, now),
      one.backup === null ? '–' : roundBytes(one.backup.bytes),
      becomes(one),
    ],
  }));
  return `${head}${table(['SESSION', 'PHONE', 'BACKUP', 'SIZE', 'BECOMES'], rows)}`;
}

function becomes({ action, failure, guessed }: RecoverySessionView): string {
  switch (action) {
    case 'there':
      return 'left alone: it is on the volume';
    case 'restore':
      return guessed
        ? 'restored and started, although nobody knows whether it was wanted'
        : 'restored and started';
    case 'stopped':
      return 'stopped, as it was';
    case 'failed':
      return `failed (${failure}), as it was`;
    case 'pair':
      return 'a QR: it had no login';
    case 'lost':
      return 'started, but no backup of it can be used';
  }
}

function warning({ owner }: RecoveryView, takeOver: boolean): string {
  if (owner === null) return '';
  const who = `${owner.host === null ? 'an unknown host' : printable(owner.host)} (installation ${owner.installation})`;
  const last = `The vault last was another installation's: ${who}, which said so at ${owner.renewedAt}.\n`;
  return takeOver
    ? `${last}It loses the vault now. Make sure that it is stopped and does not come back: two that run the same sessions throw each other out.\n`
    : last;
}

const afterwards = {
  daemon: 'They are being restored and started: `vigil sessions` shows how far they are.',
  volume: 'No daemon runs: `vigil serve` restores and starts them.',
} as const;

function doneWords({ sessions }: RecoveryView, mode: Connection['mode']): string {
  const back = sessions.filter(({ action }) => action !== 'there').length;
  if (back === 0) return 'Nothing came back: there is nothing that the volume does not have.\n';
  const start = sessions.some(({ action }) => action === 'restore') ? `\n${afterwards[mode]}` : '';
  return `${back === 1 ? '1 session is' : `${back} sessions are`} back.${start}\n`;
}
