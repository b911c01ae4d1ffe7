/** What a session does about its profile: what was found before a launch, a backup on its way there, a QR where a login was expected. */

import { type Context, claim, fail, go, halt, type In, type On, type Outcome, unready } from './moves.ts';
import { startArrived, startBegan, within } from './policy.ts';
import {
  backupAskedFor,
  calledOff,
  type DueRestore,
  refused,
  type SessionRecord,
  withRestored,
} from './record.ts';
import type { Effect, FaultCause, Next, RestoreChoice, State } from './state.ts';

/**
 * A QR: an invitation to pair where no login was expected. Where one was, nobody sees it: one backup is tried, and
 * if that one ends in a QR as well, the device is unlinked.
 */
export function offered(context: Context): Outcome {
  const { record } = context;
  if (record.login === 'settled') {
    const rejected = refused(record);
    if (record.rolledBack) return fail(context, 'logged_out', { rejected });
    const step = 'try the newest other backup';
    return halt(
      context,
      { to: 'claiming', cause: 'login_refused' },
      { dueRestore: { why: 'refused' }, rejected, restarts: record.restarts + 1 },
      [{ type: 'incident', step, cause: 'login_refused' }],
    );
  }
  return go(context, { name: 'pairing' }, [{ type: 'timer', ms: context.policy.pairing }], {
    login: 'none',
    starts: startArrived(context.record.starts, context.now),
  });
}

/**
 * A QR on a session that was online. Not a logout that was seen: the profile may have been damaged under its browser. One
 * backup is tried as at a start, but not over and over: what ends like this again within the hour is unlinked.
 */
export function offeredLive(context: Context): Outcome {
  const { record, policy, now } = context;
  const at = record.restored && Date.parse(record.restored.at);
  if (within(at, policy.conflictWindow, now)) return fail(context, 'logged_out');
  return offered(context);
}

/** What may be launched is; whatever a login was expected to be and is not makes room for a backup. */
export function prepared(context: Context, state: In<'preparing'>, { found }: On<'prepared'>): Outcome {
  const { record } = context;
  const { dueRestore } = record;
  const done = { forfeited: false };
  if (dueRestore?.why === 'person') return restoring(context, state, { backup: dueRestore.backup }, done);
  if (dueRestore) return restoring(context, state, { except: refused(record) }, done);
  if (found.profile === 'unsound') {
    const step = `put the newest good backup in the profile's place: ${found.problem}`;
    const damaged: Effect = { type: 'incident', step, cause: 'profile_damaged' };
    return restoring(context, { ...state, cause: 'profile_damaged' }, { except: record.rejected }, done, [
      damaged,
    ]);
  }
  // Nothing is known but the id: the vault may know more. That is no damage, and no incident.
  if (found.profile === 'fresh' && record.login === 'unknown')
    return restoring(context, state, { except: [] }, done);
  if (found.profile === 'fresh') return launch(context, state, done);
  if (record.login === 'settled')
    return launch(context, state, { ...done, evidence: record.evidence ?? found.evidence });
  // A login that no record knows of: its record was lost, or it was made a moment before a crash.
  const login = record.login === 'unsettled' ? record.login : 'settled';
  return launch(context, state, { ...done, login, evidence: found.evidence });
}

function restoring(
  context: Context,
  state: In<'preparing'>,
  choice: RestoreChoice,
  change: Partial<SessionRecord>,
  before: readonly Effect[] = [],
): Outcome {
  const effects: Effect[] = [
    ...before,
    { type: 'restore', choice },
    { type: 'timer', ms: context.policy.restoreSilence },
  ];
  return go(context, { ...state, restoring: { since: context.now, yielded: false } }, effects, change);
}

/** As long as it moves it is waited for, up to a far bound; but others are not kept waiting by it. */
export function progressed(context: Context, state: In<'preparing'>): Outcome {
  const { restoring } = state;
  // A backup before an upgrade, which has its own end.
  if (!restoring) return go(context, state, [{ type: 'timer', ms: context.policy.restoreSilence }]);
  const { policy, now, record } = context;
  const took = now - restoring.since;
  const patient = took >= 0 && took < policy.restoreCap;
  const effects: readonly Effect[] = patient ? [{ type: 'timer', ms: policy.restoreSilence }] : [];
  if (restoring.yielded || took < policy.restoreYield) return { state, record, effects };
  return { state: { ...state, restoring: { ...restoring, yielded: true } }, record, effects };
}

function launch(context: Context, state: In<'preparing'>, change: Partial<SessionRecord>): Outcome {
  const { record, policy, now } = context;
  return go(
    context,
    { name: 'launching', cause: state.cause },
    [{ type: 'launch' }, { type: 'timer', ms: policy.launch }],
    { ...change, starts: startBegan(record.starts, now) },
  );
}

export function restored(context: Context, state: In<'preparing'>, event: On<'restored'>): Outcome {
  // One that an abandoned attempt had begun: it counts, but this attempt has not looked at the profile yet.
  if (!state.restoring) return keepRestored(context, state, event);
  const { record, now } = context;
  const change = withRestored(record, event.backup, event.evidence, now);
  // Not the one that this attempt is to put in place.
  if (change.dueRestore !== null) return go(context, state, [], change);
  // A person may restore a session that is to stay stopped.
  if (record.wanted === 'stopped') return halt(context, { to: 'stopped' }, change);
  return state.restoring.yielded ? claim(context, state.cause, change) : launch(context, state, change);
}

/** The swap came through after the session had been told to do something else. */
export function keepRestored(context: Context, state: State, event: On<'restored'>): Outcome {
  return go(context, state, [], withRestored(context.record, event.backup, event.evidence, context.now));
}

/** Somebody's browser on it, a disk that refuses: looked at again in a while, but a person is told at once. */
export function notPrepared(context: Context, state: In<'preparing'>, event: On<'prepare_failed'>): Outcome {
  if (context.record.dueRestore?.why === 'person') return notRestored(context, state, event.cause);
  return unready(context, event.cause);
}

/** Whoever asked for this very backup is told; everybody else has come to the end of what can be tried. */
export function notRestored(context: Context, state: In<'preparing'>, cause: FaultCause | null): Outcome {
  const { dueRestore, wanted } = context.record;
  if (dueRestore?.why === 'person') {
    if (dueRestore.failure !== null) return fail(context, dueRestore.failure, { dueRestore: null });
    const next: Next = wanted === 'stopped' ? { to: 'stopped' } : { to: 'claiming', cause: state.cause };
    return halt(context, next, { dueRestore: null });
  }
  if (cause !== null) return unready(context, cause);
  if (context.record.login === 'unknown') return launch(context, state, { login: 'none' });
  if (dueRestore === null) return fail(context, 'no_sound_profile');
  return fail(context, 'logged_out', { dueRestore: null, rolledBack: true });
}

/** In place of one before it, which has not been carried out: what the session had failed with is the same. */
function wish({ record }: Context, { backup, imported }: On<'restore'>): DueRestore {
  const { dueRestore } = record;
  // The next start asks for it again by its backup alone.
  const was = dueRestore?.why === 'person' && dueRestore.backup === backup && dueRestore.imported === true;
  const failure = calledOff(record).failure;
  return { why: 'person', backup, failure, ...(imported === true || was ? { imported: true } : {}) };
}

/** A person's wish to have another profile in place, whatever the session is doing; unless it is doing just that. */
export function wantRestore(context: Context, state: State, event: On<'restore'>): Outcome {
  if (backupAskedFor(context.record) === event.backup) return go(context, state);
  return halt(context, { to: 'claiming', cause: null }, { dueRestore: wish(context, event) });
}

export function beginRestore(context: Context, event: On<'restore'>): Outcome {
  return claim(context, null, { dueRestore: wish(context, event) });
}

/**
 * One that was begun before the login was made anew, or another was put in place, is of that one. One that was demoted
 * takes the place of no other: what counts as backed up is what would be restored.
 */
export function backedUp(context: Context, state: State, event: On<'backed_up'>): Outcome {
  const { backup, login, pairedAt, restored } = context.record;
  const same = event.of.pairedAt === pairedAt && event.of.restored?.id === restored?.id;
  if (login !== 'settled' || !same) return go(context, state);
  const over: readonly Effect[] =
    state.name === 'online' ? [{ type: 'incident_over', outcome: 'recovered' }] : [];
  // The evidence is of the login as it works now, whatever the backup is worth: the look before a launch asks for that.
  return go(context, state, over, {
    backup: event.demoted ? (backup ?? event.backup) : event.backup,
    evidence: event.evidence,
  });
}

/** A session without a single backup is tried again by itself. */
export function notBackedUp(context: Context, state: State, event: On<'backup_failed'>): Outcome {
  const { policy, record } = context;
  const effects: Effect[] = [
    { type: 'incident', step: `no backup: ${event.detail}`, cause: 'backup_failed' },
  ];
  if (state.name === 'online' && record.backup === null)
    effects.push({ type: 'timer', ms: policy.backupRetry });
  return go(context, state, effects);
}

export function notMoved(context: Context, state: State, event: On<'quarantine_failed'>): Outcome {
  const step = `leave the unlinked profile where it is: ${event.detail}`;
  return go(context, state, [{ type: 'incident', step, cause: 'profile_unready' }]);
}

/** As `redirect`, but whether it runs afterwards is as it was. */
export function redirectToRestore(context: Context, event: On<'restore'>): Outcome {
  const next: Next = { to: 'claiming', cause: null };
  return go(context, { name: 'stopping', next }, [], {
    failure: null,
    dueRestore: wish(context, event),
  });
}
