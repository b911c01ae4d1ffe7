/** The sessions that a volume holds: taken up before anybody can ask for them, started once a browser is there. */
import { toVigilError, VigilError } from '../errors.ts';
import type { Adopted } from '../profile/adopt.ts';
import { isBackupIncident } from '../session/backup-incident.ts';
import type { SessionId } from '../session/id.ts';
import { newRecord } from '../session/record.ts';
import type { Note } from '../supervisor/held-session.ts';
import { alarm } from '../system/deadline.ts';
import { askVault } from './ask-vault.ts';
import type { BootOptions } from './boot-options.ts';
import { bootRecords, type ReadRecords } from './boot-records.ts';
import { awaitRecovery, isEmptyVolume, missingOf } from './boot-recovery.ts';
import { requireLibrary } from './require-library.ts';
import type { Runtime } from './runtime.ts';

/** A first start may have to download one. */
const browserDeadline = 10 * 60_000;
/** A busy machine may fail to answer once; a browser that is not there is not there the third time either. */
const searches = 3;
const betweenSearches = 5_000;

export interface Taken {
  /**
   * What the vault has to be asked for: everything, on an empty volume and where a crash broke its recovery off; sessions
   * that are asked for and are not there; or nothing.
   */
  readonly ask: 'nothing' | 'all' | readonly SessionId[];
}

/**
 * Reads the records, and takes every session up as it is. Whoever asks from now on is told what there is; the vault has to
 * be asked for the rest, which may take its time.
 */
export async function takeSessions(runtime: Runtime, options: BootOptions): Promise<Taken> {
  const read = await runtime.records.readAll();
  if (runtime.owner !== null) {
    const named = options.settings.sessions;
    // Those that are missing may be in the vault: none of them is made anew.
    const known = { ...options, settings: { ...options.settings, sessions: [] }, first: null };
    if (await runtime.recovery.isUnderWay()) {
      await takeThere(runtime, known, read);
      return { ask: 'all' };
    }
    if (await isEmptyVolume(runtime, read, options.signal)) return { ask: 'all' };
    const missing = await missingOf(runtime, read, named, options.signal);
    if (missing.length > 0) {
      await takeThere(runtime, known, read);
      return { ask: missing };
    }
  }
  await takeThere(runtime, options, read);
  return { ask: 'nothing' };
}

/** What the volume itself knows. */
async function takeThere(runtime: Runtime, options: BootOptions, read: ReadRecords): Promise<void> {
  const { supervisor, records, registry, requireDistinct } = runtime;
  const { settings, clock, log, first } = options;
  const notes: Note[] = [];
  const adopt = async (ids: ReadonlySet<SessionId>) => {
    const { adopted, strange } = await runtime.findProfiles(ids, options.signal);
    for (const name of strange)
      log.warn({ name }, 'What lies beside the profiles is no session of ours and is left alone');
    for (const one of adopted) await tell(one, notes, options, registry);
    return adopted;
  };
  const known = await bootRecords({
    read,
    registry,
    wanted: settings.sessions,
    adopt,
    mayBeInVault: runtime.ownVault,
    now: clock.now(),
    log,
  });
  const all = known.length === 0 && first !== null ? [newRecord(first, clock.now())] : known;
  // On the disk before anything is done about them: a crash now must not forget that they are wanted. Not over a
  // damaged one: ours is a guess, and what lies there may be a newer version's.
  const there = new Set([...read.records, ...read.damaged].map(({ id }) => id));
  const indistinct = new Set<SessionId>();
  for (const record of all) {
    if (there.has(record.id)) continue;
    const refusal = await requireDistinct(record.id).then(() => null, toVigilError);
    if (refusal === null) await records.write(record);
    else {
      indistinct.add(record.id);
      log.error({ session: record.id, err: refusal }, 'A session is not made');
    }
  }
  const held = read.damaged.filter(({ keptAs }) => keptAs === null);
  const isHeld = new Set(held.map(({ id }) => id));
  supervisor.take(
    all.filter(({ id }) => !isHeld.has(id) && !indistinct.has(id)),
    held,
    // Where the registry remembered it, nothing was guessed.
    [
      ...read.damaged
        .filter(({ id }) => !isHeld.has(id) && all.some((one) => one.id === id && one.epoch === 0))
        .map(({ id, problem }) => ({ id, problem, about: 'record' as const })),
      ...notes,
    ],
  );
  // The registry is a mirror, and may have been begun anew.
  for (const record of supervisor.records) void registry.putSession(record);
  const open = await registry.openIncidents().catch(() => []);
  // A session's own has to do with its life, and would be closed by the next time it is online.
  supervisor.resume(open.filter((incident) => !isBackupIncident(incident)));
  runtime.incidents.keepOnly((id) => supervisor.has(id));
}

async function tell(
  { record: { id }, found, problem }: Adopted,
  notes: Note[],
  { log, clock }: BootOptions,
  registry: Runtime['registry'],
): Promise<void> {
  if (problem === null) {
    log.info({ session: id }, 'A profile with a login was found and is taken up where it lies');
    return;
  }
  log.warn({ session: id, found }, problem);
  notes.push({ id, about: 'profile', problem });
  if (found !== 'twin') return;
  const at = new Date(clock.now()).toISOString();
  await registry.putIncident({
    id: `${id}-twin-${at}`,
    session: id,
    openedAt: at,
    closedAt: at,
    cause: 'same_device',
    steps: ['start neither'],
    outcome: 'stopped',
    remedy: problem,
  });
}

/** Looks whether library and browser are there, then starts what is wanted once the vault was asked for it. */
export async function startSessions(
  runtime: Runtime,
  options: BootOptions,
  { ask }: Taken,
  asked: Promise<void>,
): Promise<void> {
  const { supervisor, startsAtOnce } = runtime;
  const { settings, env, clock, log, signal } = options;
  await requireLibrary({ library: settings.library, env, clock, signal });
  await findBrowser(runtime, options);
  await asked;
  if (ask !== 'nothing') {
    // What is there waits for no more of the vault.
    if (supervisor.size > 0) supervisor.boot();
    void awaitRecovery(runtime, options, ask === 'all' ? null : ask).then(() => {
      if (!signal.aborted) runtime.snapshots?.start();
    });
    return;
  }
  log.info({ sessions: supervisor.size, atOnce: startsAtOnce }, 'Starting the sessions that are wanted');
  supervisor.boot();
}

export async function boot(runtime: Runtime, options: BootOptions): Promise<void> {
  const taken = await takeSessions(runtime, options);
  await startSessions(runtime, options, taken, askVault(runtime, options));
}

/** A browser that is too old, or a setting that names nothing, is the same the next time. */
function isCertain(error: unknown): boolean {
  return error instanceof VigilError && (error.code === 'chromium_too_old' || error.subject !== undefined);
}

async function findBrowser({ browsers }: Runtime, { clock, log, signal }: BootOptions): Promise<void> {
  const patience = alarm(clock, browserDeadline, 'finding a browser');
  const bounded = AbortSignal.any([patience.signal, signal]);
  try {
    for (let search = 1; ; search++) {
      try {
        await browsers.get(bounded);
        return;
      } catch (error) {
        if (bounded.aborted || isCertain(error) || search === searches) throw error;
        log.warn({ err: error }, 'No browser was found; looking again');
        await clock.sleep(betweenSearches, bounded);
      }
    }
  } finally {
    patience.cancel();
  }
}
