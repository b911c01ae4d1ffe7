/**
 * What a session does about one thing that happened: the moves that the cells of the table are made of. Pure; each
 * answers with the next state, the next record and what is to be done.
 */
import type { GoneCause } from '../engine/engine.ts';
import { botFailed, restAfterBotFault } from './bot-policy.ts';
import type { Health } from './liveness.ts';
import {
  type Policy,
  restBeforeRestart,
  startArrived,
  startFaulted,
  within,
  withoutUnfinished,
} from './policy.ts';
import { calledOff, type SessionRecord } from './record.ts';
import type {
  Effect,
  EventType,
  FailureReason,
  FaultCause,
  Next,
  SessionEvent,
  State,
  StateName,
} from './state.ts';

export interface Context {
  readonly record: SessionRecord;
  readonly policy: Policy;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** In [0, 1); the jitter of the backoff. */
  readonly random: number;
}

export interface Outcome {
  readonly state: State;
  readonly record: SessionRecord;
  readonly effects: readonly Effect[];
}

export type In<S extends StateName> = Extract<State, { name: S }>;
export type On<E extends EventType> = Extract<SessionEvent, { type: E }>;

export function go(
  context: Context,
  state: State,
  effects: readonly Effect[] = [],
  change: Partial<SessionRecord> = {},
): Outcome {
  return { state, record: { ...context.record, ...change }, effects };
}

/** Begins a start. `failure` is cleared: whoever gets here was allowed to. */
export function claim(
  context: Context,
  cause: FaultCause | null,
  change: Partial<SessionRecord> = {},
): Outcome {
  return go(context, { name: 'claiming', cause }, [{ type: 'claim' }], { failure: null, ...change });
}

export function halt(
  context: Context,
  next: Next,
  change: Partial<SessionRecord> = {},
  before: readonly Effect[] = [],
): Outcome {
  return go(context, { name: 'stopping', next }, [...before, { type: 'close' }], change);
}

/** A fault of something that had been launched: close, then start again as soon as the policy lets it. */
export function fault(context: Context, cause: FaultCause): Outcome {
  const starts = startFaulted(context.record.starts, context.now);
  const delay = restBeforeRestart(starts, context.now, context.random);
  const next: Next = delay === 0 ? { to: 'claiming', cause } : { to: 'resting', cause, delay };
  const step =
    delay === 0 ? 'restart the browser' : `rest ${Math.ceil(delay / 1000)} s, then restart the browser`;
  return halt(context, next, { starts, restarts: context.record.restarts + 1 }, [
    { type: 'incident', step, cause },
  ]);
}

/** A fault of something that had not been launched yet: nothing to count, look again in a while. */
export function unready(context: Context, cause: FaultCause): Outcome {
  const delay = Math.round(restUntilLook(cause, context.policy) * (0.5 + context.random));
  return halt(context, { to: 'resting', cause, delay }, {}, [
    { type: 'incident', step: `look again in ${Math.ceil(delay / 1000)} s`, cause },
  ]);
}

function restUntilLook(cause: FaultCause, { missingRest, ownedRest, unreadyRest }: Policy): number {
  switch (cause) {
    case 'backups_missing':
    case 'key_missing':
      return missingRest;
    case 'vault_owned':
      return ownedRest;
    default:
      return unreadyRest;
  }
}

/**
 * WhatsApp could not be reached: that says nothing about the session, so it spends no budget, and the next look
 * comes soon, spread out, since all sessions of this machine are waiting for the same network.
 */
export function unreachable(context: Context): Outcome {
  const { policy, random, record } = context;
  const delay = Math.round(policy.unreachableRest * (0.5 + random));
  const step = `try again in ${Math.ceil(delay / 1000)} s`;
  return halt(
    context,
    { to: 'resting', cause: 'unreachable', delay },
    { starts: record.starts.slice(0, -1), restarts: record.restarts + 1 },
    [{ type: 'incident', step, cause: 'unreachable' }],
  );
}

export function fail(context: Context, reason: FailureReason, change: Partial<SessionRecord> = {}): Outcome {
  return halt(context, { to: 'failed', reason }, { failure: reason, ...change }, [
    { type: 'incident', step: 'stop: a person is needed', cause: reason },
  ]);
}

/** Once an hour the device is taken back; never ping-pong. */
export function conflict(context: Context): Outcome {
  const { record, policy, now } = context;
  if (within(record.conflictAt, policy.conflictWindow, now)) return fail(context, 'conflict');
  return halt(
    context,
    { to: 'resting', cause: 'conflict', delay: policy.conflictRest },
    { conflictAt: now, starts: startFaulted(record.starts, now), restarts: record.restarts + 1 },
    [{ type: 'incident', step: 'rest, then take the device over once', cause: 'conflict' }],
  );
}

export function gone(context: Context, cause: GoneCause | 'host_exit'): Outcome {
  if (cause === 'bot_error') return botFault(context);
  if (cause === 'conflict') return conflict(context);
  if (cause === 'banned') return fail(context, 'banned');
  if (cause === 'unreachable') return unreachable(context);
  // Nothing ran: the profile is another's, and looking again costs nothing.
  if (cause === 'profile_in_use') return unready(context, cause);
  return fault(context, cause);
}

/**
 * The person's own code failed. That says nothing about profile, browser or WhatsApp: the start leaves the budget of
 * the engine as it was and counts in one of its own, which a person fills again.
 */
function botFault(context: Context): Outcome {
  const { record, now, random } = context;
  const botFaults = botFailed(record.botFaults, now);
  const change = { starts: withoutUnfinished(record.starts), restarts: record.restarts + 1 };
  const delay = restAfterBotFault(botFaults, random);
  if (delay === null) return fail(context, 'bot_error', { ...change, botFaults: [] });
  const step = `rest ${Math.ceil(delay / 1000)} s, then start it again with its bot`;
  return halt(context, { to: 'resting', cause: 'bot_error', delay }, { ...change, botFaults }, [
    { type: 'incident', step, cause: 'bot_error' },
  ]);
}

export function arrive(context: Context, change: Partial<SessionRecord> = {}): Outcome {
  const effects: Effect[] = [{ type: 'incident_over', outcome: 'recovered' }];
  if (context.record.backup === null) effects.push({ type: 'backup' });
  return go(context, { name: 'online' }, effects, {
    dueRestore: null,
    restoredTaken: context.record.restored !== null,
    rolledBack: false,
    starts: startArrived(context.record.starts, context.now),
    lastSeen: new Date(context.now).toISOString(),
    ...change,
  });
}

export function suspect(context: Context, cause: FaultCause, failed: boolean, grace: number): Outcome {
  const effects: Effect[] = [{ type: 'timer', ms: grace }];
  if (failed) effects.push({ type: 'incident', step: `wait ${Math.ceil(grace / 1000)} s`, cause });
  return go(context, { name: 'suspect', cause, failed }, effects);
}

/** A restore that a person waits for is called off with it, and what the session had failed with before is so again. */
export function stop(context: Context): Outcome {
  const change = { wanted: 'stopped', ...calledOff(context.record) } as const;
  const over: readonly Effect[] =
    change.failure === null ? [{ type: 'incident_over', outcome: 'stopped' }] : [];
  return halt(context, stopped(change), change, over);
}

export function stopClosing(context: Context): Outcome {
  const change = { wanted: 'stopped', ...calledOff(context.record) } as const;
  return go(context, { name: 'stopping', next: stopped(change) }, [], change);
}

/** A wish of before the daemon's last end may still be there. */
export function stayStopped(context: Context): Outcome {
  const change = { wanted: 'stopped', ...calledOff(context.record) } as const;
  const { failure } = change;
  return go(
    context,
    failure === null ? { name: 'stopped' } : { name: 'failed', reason: failure },
    [],
    change,
  );
}

function stopped({ failure }: Pick<SessionRecord, 'failure'>): Next {
  return failure === null ? { to: 'stopped' } : { to: 'failed', reason: failure };
}

export function drain(context: Context): Outcome {
  return halt(context, { to: 'stopped' });
}

export function restart(context: Context): Outcome {
  return halt(context, { to: 'claiming', cause: null }, { wanted: 'online' });
}

export function want(context: Context, state: State): Outcome {
  return go(context, state, [], { wanted: 'online' });
}

/** Starts, or starts over, on a person's word. */
export function begin(context: Context): Outcome {
  return claim(context, null, { wanted: 'online' });
}

export function judged(
  context: Context,
  health: Health,
  otherwise: Outcome,
  healthy: () => Outcome,
): Outcome {
  switch (health) {
    case 'healthy':
      return healthy();
    case 'silent':
      return fault(context, 'hang');
    case 'conflict':
      return conflict(context);
    case 'unlinked':
      // A state of the page is no logout; the next start shows whether the login still works.
      return fault(context, 'refused');
    case 'navigating':
    case 'offline':
    case 'bridge_lost':
      return otherwise;
  }
}

export function suspicion(context: Context, health: Health): Outcome {
  const { policy } = context;
  if (health === 'navigating') return suspect(context, 'navigation', false, policy.navigationGrace);
  if (health === 'bridge_lost') return suspect(context, 'bridge_lost', true, policy.bridgeGrace);
  return suspect(context, 'offline', true, policy.offlineGrace);
}

export function seen(context: Context, state: State): Outcome {
  return go(context, state, [], { lastSeen: new Date(context.now).toISOString() });
}

/** Heartbeat and activity do other work than asking; when they notice something, the watchdog decides. */
export function secondary(context: Context, state: State, health: Health): Outcome {
  return health === 'healthy' ? seen(context, state) : go(context, state, [{ type: 'probe' }]);
}

/** A person's word, while it is still closing: where it goes then, whatever it was going to. */
export function redirect(context: Context, change: Partial<SessionRecord> = {}): Outcome {
  const next: Next = { to: 'claiming', cause: null };
  return go(context, { name: 'stopping', next }, [], { wanted: 'online', failure: null, ...change });
}

export function arriveAt(context: Context, next: Next): Outcome {
  const away: readonly Effect[] = context.record.forfeited ? [{ type: 'quarantine' }] : [];
  switch (next.to) {
    case 'stopped':
      return go(context, { name: 'stopped' }, away, next.by === 'bot' ? { wanted: 'stopped' } : {});
    case 'failed':
      return go(context, { name: 'failed', reason: next.reason }, away);
    case 'claiming':
      return claim(context, next.cause);
    case 'resting':
      return go(context, { name: 'resting', cause: next.cause, until: context.now + next.delay }, [
        { type: 'timer', ms: next.delay },
      ]);
  }
}
