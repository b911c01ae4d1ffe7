import { Option } from 'commander';
import { exitCode, toVigilError, VigilError } from '../../errors.ts';
import { type SessionId, sessionId } from '../../session/id.ts';
import type { SessionView } from '../../session/session-view.ts';
import type { BackupView, RestoreView, WhichBackup } from '../../supervisor/backup-operations.ts';
import { statusWords } from '../../wording/words.ts';
import type { Ask } from '../ask-person.ts';
import { arrivedWords, awaitOnline, usualWait } from '../await-online.ts';
import { backupWords, momentOf } from '../backup-words.ts';
import { carryOut } from '../carry-out.ts';
import { consent, notConfirmed } from '../consent.ts';
import type { Connection } from '../context.ts';
import { durationOption } from '../duration-option.ts';
import { interruptedExit } from '../exit-codes.ts';
import { printable } from '../printable.ts';
import { timeOption } from '../time-option.ts';
import { type Call, callOf, type Register, withOperations } from '../verb.ts';

interface RestoreOptions {
  readonly backup: string;
  readonly at?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly wait: boolean;
  readonly timeout: number;
}

export const registerRestore: Register = (program, context, done) => {
  program
    .command('restore')
    .argument('<session>')
    .description("put a backup in the place of a session's profile, which goes to quarantine")
    .option('--backup <id>', 'that one (`vigil backups`), or the newest good one', 'latest')
    .addOption(
      new Option('--at <time>', 'the newest good one of that time or before, like 2026-11-22T02:00Z')
        .argParser(timeOption)
        .conflicts('backup'),
    )
    .option('--dry-run', 'fetch and verify it, say what would happen, and change nothing')
    .option('--yes', 'without being asked')
    .option('--no-wait', 'return as soon as it is in place')
    .option('--timeout <duration>', 'how long to wait for the session afterwards', durationOption, usualWait)
    .action(async (session: string, options: RestoreOptions, command) => {
      const call = callOf(command, context);
      const id = sessionId(session);
      done(await (options.dryRun ? rehearse(call, id, options) : restore(call, id, options)));
    });
};

function whichOf({ backup, at }: RestoreOptions): WhichBackup {
  if (at !== undefined) return { at };
  return backup === 'latest' ? 'latest' : { id: backup };
}

async function rehearse(call: Call, id: SessionId, options: RestoreOptions): Promise<number> {
  const { context, output } = call;
  return withOperations(call, async (connection) => {
    const interrupted = context.interrupted();
    const work = connection.backups.restore(id, { which: whichOf(options), dryRun: true }, interrupted);
    const doing = `Rehearsing the restore of ${id}`;
    const view = await carryOut(work, { doing, progress: output.progress(), interrupted });
    if (view === null) {
      output.result(null, () => 'Broken off. Nothing was changed.\n');
      return interruptedExit;
    }
    const now = context.clock.now();
    const session = await connection.operations.session(id).catch(unlessUnknown);
    const would = consequences(session, view.backup, { now, mode: connection.mode });
    output.result({ ...view, would }, () => {
      const fetched = `${backupWords(view.backup, now)} was fetched and is good`;
      const plan = would.map((step) => `  ${step}\n`).join('');
      return `${id} ${standing(session)}, and can be restored: ${fetched}. Nothing was changed. A restore would do this:\n${plan}`;
    });
    return exitCode.ok;
  });
}

async function restore(call: Call, id: SessionId, options: RestoreOptions): Promise<number> {
  const { context, output } = call;
  const ask = consent(call, options.yes === true, `restore ${id}`);
  const interrupted = context.interrupted();
  return withOperations(call, async (connection) => {
    const asked = whichOf(options);
    const which = ask === null ? asked : await agreed(call, connection, { id, asked, ask, interrupted });
    if (which === null) {
      output.result(null, () => 'Nothing was changed.\n');
      return interruptedExit;
    }
    const work = connection.backups.restore(id, { which, dryRun: false }, interrupted);
    const doing = `Restoring ${id}`;
    const view = await carryOut(work, { doing, progress: output.progress(), interrupted });
    if (view === null) {
      output.result(null, () => leftWords(connection, id));
      return interruptedExit;
    }
    return afterwards(call, connection, view, { ...options, interrupted });
  });
}

interface Question {
  readonly id: SessionId;
  readonly asked: WhichBackup;
  readonly ask: Ask;
  readonly interrupted: AbortSignal;
}

/** The very backup that was agreed on, even where a newer one is taken meanwhile; null at Ctrl-C. */
async function agreed(
  { context }: Call,
  { backups, operations, mode }: Connection,
  { id, asked, ask, interrupted }: Question,
): Promise<WhichBackup | null> {
  const backup = chosen(await backups.backups(id), asked, id);
  const session = await operations.session(id).catch(unlessUnknown);
  const steps = consequences(session, backup, { now: context.clock.now(), mode });
  context.io.stderr.write(
    `${id} ${standing(session)}. To restore it:\n${steps.map((step) => `  ${step}\n`).join('')}`,
  );
  const answer = await ask('Go on? [y/N] ', interrupted);
  if (answer === null) return null;
  if (!/^\s*y(es)?\s*$/i.test(answer)) throw notConfirmed(id);
  return { id: backup.id };
}

/** Those that are not good are chosen by their id only. */
function chosen(backups: readonly BackupView[], which: WhichBackup, id: SessionId): BackupView {
  const fits = ({ id, state, takenAt }: BackupView) => {
    if (which !== 'latest' && 'id' in which) return id === which.id;
    if (state !== 'verified' || takenAt === null) return false;
    return which === 'latest' || Date.parse(takenAt) <= Date.parse(which.at);
  };
  const backup = backups.find(fits);
  if (backup) return backup;
  const what =
    which === 'latest'
      ? 'no good backup'
      : 'id' in which
        ? `no backup ${JSON.stringify(which.id.slice(0, 100))}`
        : `no good backup of ${momentOf(which.at)} or before`;
  throw new VigilError('backup_not_found', `There is ${what} of session "${id}".`, {
    subject: id,
    remedy: `\`vigil backups ${id}\` lists what there is.`,
  });
}

function unlessUnknown(thrown: unknown): null {
  if (toVigilError(thrown).code === 'session_not_found') return null;
  throw thrown;
}

function standing(session: SessionView | null): string {
  return session === null ? 'is not on this volume' : `is ${statusWords[session.status].short}`;
}

/** What a restore does, in order. */
function consequences(
  session: SessionView | null,
  backup: BackupView,
  { now, mode }: { readonly now: number; readonly mode: Connection['mode'] },
): readonly string[] {
  const closes = mode === 'daemon' && session?.wanted === 'online';
  return [
    ...(closes ? ['its browser is closed'] : []),
    'the profile that is there goes to quarantine',
    `${backupWords(backup, now)} takes its place`,
    ...(backup.problem === null ? [] : [`that backup is ${backup.state}: ${printable(backup.problem)}`]),
    ...(session?.wanted === 'stopped' ? [] : [starter[mode]]),
  ];
}

const starter = { daemon: 'it is started', volume: 'the next daemon starts it' } as const;

function leftWords({ mode }: Connection, id: SessionId): string {
  return mode === 'daemon'
    ? `Not waited for any longer. The restore of ${id} goes on in the daemon.\n`
    : `Broken off. ${id} has the profile that it had.\n`;
}

async function afterwards(
  { context, output }: Call,
  { operations, mode }: Connection,
  view: RestoreView,
  { wait, timeout, interrupted }: RestoreOptions & { readonly interrupted: AbortSignal },
): Promise<number> {
  const { session: id, backup, quarantined } = view;
  const now = context.clock.now();
  const there = quarantined === null ? '' : ` What was there is in quarantine: ${printable(quarantined)}`;
  const say = (words: string) =>
    output.result(view, () => `${id} has ${backupWords(backup, now)} in place.${there}\n${words}`);
  const session = await operations.session(id);
  if (session.wanted === 'stopped') {
    say(`It stays stopped: \`vigil start ${id}\` starts it.\n`);
    return exitCode.ok;
  }
  if (mode === 'volume' || !wait) {
    say(mode === 'volume' ? 'No daemon runs: `vigil serve` starts it.\n' : 'It is being started.\n');
    return exitCode.ok;
  }
  const progress = output.progress();
  const options = { doing: 'Starting', timeout, clock: context.clock, interrupted, progress };
  const awaited = await awaitOnline(operations, session, options).catch((thrown) => {
    throw inPlace(toVigilError(thrown), view);
  });
  say(
    awaited.arrived ? arrivedWords(awaited.session) : `Not waited for any longer. ${id} goes on starting.\n`,
  );
  return awaited.arrived ? exitCode.ok : interruptedExit;
}

/** Whoever reads that the session did not come up must not take it for a restore that did not happen. */
function inPlace({ code, message, remedy, details }: VigilError, view: RestoreView): VigilError {
  return new VigilError(code, `Backup ${view.backup.id} is in place. ${message}`, {
    remedy,
    subject: view.session,
    details: { ...(details ?? {}), restored: view },
  });
}
