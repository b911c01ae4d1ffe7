/**
 * What a session does about everything that can happen to it. Pure, synchronous and total: every state ×
 * event cell is written down in `table`, doing nothing included.
 *
 * What may not happen, whatever the order of events (transition.test.ts drives it with random ones):
 * - an engine is launched only from `preparing`, which follows `claiming`: never without ownership, never
 *   beside another engine, never on a profile that was not looked at;
 * - `stopping` leaves only by `closed`, so nothing starts before the browser is gone;
 * - a fault never leads to `failed`, and `failed` is left only by a person's word;
 * - a forfeited login is never started on again: it goes to quarantine first.
 */
import type { GoneCause } from '../engine/engine.ts';
import type { Verdict } from './liveness.ts';
import { type Policy, restBeforeRestart, startArrived, startBegan, startFaulted, within } from './policy.ts';
import type { SessionRecord } from './record.ts';
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

export function transition(state: State, event: SessionEvent, context: Context): Outcome {
  const cell = table[state.name][event.type] as Cell<StateName, EventType>;
  if (cell === ignore) return { state, record: context.record, effects: [] };
  return cell(state, event, context);
}

type In<S extends StateName> = Extract<State, { name: S }>;
type On<E extends EventType> = Extract<SessionEvent, { type: E }>;
type Handler<S extends StateName, E extends EventType> = (
  state: In<S>,
  event: On<E>,
  context: Context,
) => Outcome;
type Cell<S extends StateName, E extends EventType> = Handler<S, E> | typeof ignore;
type Row<S extends StateName> = { readonly [E in EventType]: Cell<S, E> };
type Table = { readonly [S in StateName]: Row<S> };

const ignore = 'ignore';

// --- Building blocks -------------------------------------------------------------------------------------

function go(
  context: Context,
  state: State,
  effects: readonly Effect[] = [],
  change: Partial<SessionRecord> = {},
): Outcome {
  return { state, record: { ...context.record, ...change }, effects };
}

/** Begins a start. `failure` is cleared: whoever gets here was allowed to. */
function claim(context: Context, cause: FaultCause | null, change: Partial<SessionRecord> = {}): Outcome {
  return go(context, { name: 'claiming', cause }, [{ type: 'claim' }], { failure: null, ...change });
}

function halt(
  context: Context,
  next: Next,
  change: Partial<SessionRecord> = {},
  before: readonly Effect[] = [],
): Outcome {
  return go(context, { name: 'stopping', next }, [...before, { type: 'close' }], change);
}

/** A fault of something that had been launched: close, then start again as soon as the policy lets it. */
function fault(context: Context, cause: FaultCause): Outcome {
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
function unready(context: Context, cause: FaultCause): Outcome {
  const { unreadyRest } = context.policy;
  const delay = Math.round(unreadyRest * (0.5 + context.random));
  return halt(context, { to: 'resting', cause, delay }, {}, [
    { type: 'incident', step: `look again in ${Math.ceil(delay / 1000)} s`, cause },
  ]);
}

/**
 * WhatsApp could not be reached: that says nothing about the session, so it spends no budget, and the next look
 * comes soon, spread out, since all sessions of this machine are waiting for the same network.
 */
function unreachable(context: Context): Outcome {
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

function fail(context: Context, reason: FailureReason, change: Partial<SessionRecord> = {}): Outcome {
  return halt(context, { to: 'failed', reason }, { failure: reason, ...change }, [
    { type: 'incident', step: 'stop: a person is needed', cause: reason },
  ]);
}

/** The device is unlinked: what is on disk opens nothing any more, and is kept all the same. */
function unlinked(context: Context): Outcome {
  return fail(context, 'logged_out', { login: 'none', forfeited: true });
}

/** Once an hour the device is taken back; never ping-pong. */
function conflict(context: Context): Outcome {
  const { record, policy, now } = context;
  if (within(record.conflictAt, policy.conflictWindow, now)) return fail(context, 'conflict');
  return halt(
    context,
    { to: 'resting', cause: 'conflict', delay: policy.conflictRest },
    { conflictAt: now, starts: startFaulted(record.starts, now), restarts: record.restarts + 1 },
    [{ type: 'incident', step: 'rest, then take the device over once', cause: 'conflict' }],
  );
}

function gone(context: Context, cause: GoneCause | 'host_exit'): Outcome {
  if (cause === 'conflict') return conflict(context);
  if (cause === 'banned') return fail(context, 'banned');
  if (cause === 'unreachable') return unreachable(context);
  // Nothing ran: the profile is another's, and looking again costs nothing.
  if (cause === 'profile_in_use') return unready(context, cause);
  return fault(context, cause);
}

/** A QR: an invitation to pair where no login was expected, the end of one where it was. */
function offered(context: Context): Outcome {
  if (context.record.login === 'settled') return fail(context, 'logged_out');
  return go(context, { name: 'pairing' }, [{ type: 'timer', ms: context.policy.pairing }], {
    login: 'none',
    starts: startArrived(context.record.starts, context.now),
  });
}

function sync(
  context: Context,
  scanned: boolean,
  cause: FaultCause | null,
  change: Partial<SessionRecord> = {},
): Outcome {
  const { now, policy } = context;
  return go(
    context,
    { name: 'syncing', scanned, cause, since: now },
    [{ type: 'timer', ms: policy.sync }],
    change,
  );
}

function arrive(context: Context, change: Partial<SessionRecord> = {}): Outcome {
  return go(context, { name: 'online' }, [{ type: 'incident_over', outcome: 'recovered' }], {
    starts: startArrived(context.record.starts, context.now),
    lastSeen: new Date(context.now).toISOString(),
    ...change,
  });
}

/** A login that came from the disk is settled by having worked; a scanned one is flushed first. */
function ready(context: Context, scanned: boolean, event: On<'ready'>): Outcome {
  const who = {
    phone: event.account.phone ?? context.record.phone,
    name: event.account.name ?? context.record.name,
  };
  if (!scanned) return arrive(context, { login: 'settled', ...who });
  const { sealAfter } = context.policy;
  if (sealAfter === null) return arrive(context, { login: 'settled', ...who });
  return go(context, { name: 'sealing' }, [{ type: 'timer', ms: sealAfter }], {
    login: 'unsettled',
    starts: startArrived(context.record.starts, context.now),
    lastSeen: new Date(context.now).toISOString(),
    ...who,
  });
}

function suspect(context: Context, cause: FaultCause, failed: boolean, grace: number): Outcome {
  const effects: Effect[] = [{ type: 'timer', ms: grace }];
  if (failed) effects.push({ type: 'incident', step: `wait ${Math.ceil(grace / 1000)} s`, cause });
  return go(context, { name: 'suspect', cause, failed }, effects);
}

function stop(context: Context): Outcome {
  return halt(context, { to: 'stopped' }, { wanted: 'stopped' }, [
    { type: 'incident_over', outcome: 'stopped' },
  ]);
}

function drain(context: Context): Outcome {
  return halt(context, { to: 'stopped' });
}

function restart(context: Context): Outcome {
  return halt(context, { to: 'claiming', cause: null }, { wanted: 'online' });
}

function want(context: Context, state: State): Outcome {
  return go(context, state, [], { wanted: 'online' });
}

/** Starts, or starts over, on a person's word. */
function begin(context: Context): Outcome {
  return claim(context, null, { wanted: 'online' });
}

/** As `begin`; a login that WhatsApp no longer takes makes room for a new one. */
function beginPairing(context: Context): Outcome {
  return claim(context, null, { wanted: 'online', ...makeRoom(context.record) });
}

/**
 * What a wish to pair says about the login that is there. One that WhatsApp no longer takes goes to quarantine;
 * one that was missed may have come back by now, and only its start shows what it is worth.
 */
function makeRoom(record: SessionRecord): Partial<SessionRecord> {
  if (record.failure === 'logged_out') return { login: 'none', forfeited: true };
  if (record.failure === 'no_sound_profile') return { login: 'none' };
  return {};
}

const socketUp = 'CONNECTED';
/** What the socket says once a QR was scanned; before that it is UNPAIRED or UNPAIRED_IDLE. */
const scannedStates: ReadonlySet<string> = new Set(['PAIRING', socketUp]);
const socketDown: ReadonlySet<string> = new Set(['OPENING', 'TIMEOUT', 'UNLAUNCHED']);

function judged(context: Context, verdict: Verdict, otherwise: Outcome, healthy: () => Outcome): Outcome {
  switch (verdict) {
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

// --- The table -------------------------------------------------------------------------------------------

/** Events of an engine that is not there, or no longer matters. */
const noEngine = {
  pairing_offered: ignore,
  pairing_idle: ignore,
  authenticated: ignore,
  loading: ignore,
  ready: ignore,
  socket: ignore,
  navigating: ignore,
  logged_out: ignore,
  gone: ignore,
  probed: ignore,
} as const;

/** Results of effects that the state has not asked for. */
const noResults = {
  claimed: ignore,
  prepared: ignore,
  prepare_failed: ignore,
  unlinked: ignore,
  closed: ignore,
  quarantined: ignore,
  quarantine_failed: ignore,
} as const;

/** The same everywhere where something runs or is about to. */
const commands = {
  start: (state: State, _: On<'start'>, context: Context) => want(context, state),
  stop: (_state: State, _: On<'stop'>, context: Context) => stop(context),
  restart: (_state: State, _: On<'restart'>, context: Context) => restart(context),
  pair: (state: State, _: On<'pair'>, context: Context) => want(context, state),
  logout: ignore,
  drain: (_state: State, _: On<'drain'>, context: Context) => drain(context),
  ownership_lost: (_state: State, _: On<'ownership_lost'>, context: Context) => unready(context, 'ownership'),
} as const;

/** Answers of probes that were under way when the session came here mean nothing any more. */
const table: Table = {
  stopped: {
    start: (_state, _event, context) => begin(context),
    stop: (state, _event, context) => go(context, state, [], { wanted: 'stopped' }),
    restart: (_state, _event, context) => begin(context),
    pair: (_state, _event, context) => beginPairing(context),
    logout: ignore,
    drain: ignore,
    ownership_lost: ignore,
    ...noResults,
    ...noEngine,
    quarantined: (state, _event, context) => go(context, state, [], { forfeited: false }),
    quarantine_failed: (state, event, context) => notMoved(context, state, event),
    timeout: ignore,
  },

  claiming: {
    ...commands,
    ...noResults,
    ...noEngine,
    claimed: (state, event, context) =>
      go(
        context,
        { name: 'preparing', cause: state.cause },
        [{ type: 'prepare' }, { type: 'timer', ms: context.policy.prepare }],
        { epoch: event.epoch },
      ),
    timeout: ignore,
  },

  preparing: {
    ...commands,
    ...noResults,
    ...noEngine,
    prepared: (state, event, context) => {
      const { record, policy, now } = context;
      // A settled login whose profile is gone: pairing anew is a person's decision, not ours.
      if (!event.exists && record.login === 'settled') return fail(context, 'no_sound_profile');
      return go(
        context,
        { name: 'launching', cause: state.cause },
        [{ type: 'launch' }, { type: 'timer', ms: policy.launch }],
        {
          forfeited: false,
          starts: startBegan(record.starts, now),
        },
      );
    },
    prepare_failed: (_state, event, context) => unready(context, event.cause),
    timeout: (_state, _event, context) => unready(context, 'profile_unready'),
  },

  launching: {
    ...commands,
    ...noResults,
    pairing_offered: (_state, _event, context) => offered(context),
    pairing_idle: ignore,
    authenticated: (state, _event, context) => sync(context, false, state.cause),
    loading: (state, _event, context) => sync(context, false, state.cause),
    ready: (_state, event, context) => ready(context, false, event),
    socket: ignore,
    navigating: ignore,
    logged_out: (_state, _event, context) => unlinked(context),
    gone: (_state, event, context) => gone(context, event.cause),
    probed: ignore,
    timeout: (_state, _event, context) => fault(context, 'never_ready'),
  },

  pairing: {
    ...commands,
    ...noResults,
    pairing_offered: ignore,
    pairing_idle: (_state, _event, context) => fail(context, 'pairing_expired'),
    authenticated: (_state, _event, context) => sync(context, true, null, { login: 'unsettled' }),
    loading: (_state, _event, context) => sync(context, true, null, { login: 'unsettled' }),
    ready: (_state, event, context) => ready(context, true, event),
    socket: (state, event, context) =>
      scannedStates.has(event.state) ? sync(context, true, null, { login: 'unsettled' }) : go(context, state),
    navigating: ignore,
    logged_out: (_state, _event, context) => unlinked(context),
    gone: (_state, event, context) => gone(context, event.cause),
    probed: ignore,
    timeout: (_state, _event, context) => fail(context, 'pairing_expired'),
  },

  syncing: {
    ...commands,
    ...noResults,
    pairing_offered: (_state, _event, context) => offered(context),
    pairing_idle: ignore,
    authenticated: ignore,
    loading: (state, _event, context) => {
      const { now, policy } = context;
      const patient = now >= state.since && now - state.since < policy.syncCap;
      return go(context, state, patient ? [{ type: 'timer', ms: policy.sync }] : []);
    },
    ready: (state, event, context) => ready(context, state.scanned, event),
    socket: ignore,
    navigating: ignore,
    logged_out: (_state, _event, context) => unlinked(context),
    gone: (_state, event, context) => gone(context, event.cause),
    probed: ignore,
    timeout: (_state, _event, context) => fault(context, 'never_ready'),
  },

  sealing: {
    ...commands,
    ...noResults,
    // Waits for the seal: closing now would flush the login as well, but the session is young and syncing.
    restart: (state, _event, context) => want(context, state),
    unlinked: (_state, _event, context) => loggedOutByPerson(context),
    logout: (state, _event, context) => go(context, state, [{ type: 'unlink' }]),
    pairing_offered: ignore,
    pairing_idle: ignore,
    authenticated: ignore,
    loading: ignore,
    ready: ignore,
    socket: ignore,
    navigating: ignore,
    logged_out: (_state, _event, context) => unlinked(context),
    gone: (_state, event, context) => gone(context, event.cause),
    probed: (state, event, context) =>
      event.kind === 'watchdog'
        ? judged(context, event.verdict, go(context, state), () => seen(context, state))
        : secondary(context, state, event.verdict),
    timeout: (_state, _event, context) => halt(context, { to: 'claiming', cause: null }),
  },

  online: {
    ...commands,
    ...noResults,
    logout: (state, _event, context) => go(context, state, [{ type: 'unlink' }]),
    unlinked: (_state, _event, context) => loggedOutByPerson(context),
    pairing_offered: (_state, _event, context) => fail(context, 'logged_out'),
    pairing_idle: ignore,
    authenticated: ignore,
    loading: ignore,
    ready: ignore,
    socket: (state, event, context) =>
      socketDown.has(event.state)
        ? suspect(context, 'offline', true, context.policy.offlineGrace)
        : go(context, state),
    navigating: (_state, _event, context) =>
      suspect(context, 'navigation', false, context.policy.navigationGrace),
    logged_out: (_state, _event, context) => unlinked(context),
    gone: (_state, event, context) => gone(context, event.cause),
    probed: (state, event, context) =>
      event.kind === 'watchdog'
        ? judged(context, event.verdict, suspicion(context, event.verdict), () => seen(context, state))
        : secondary(context, state, event.verdict),
    timeout: ignore,
  },

  suspect: {
    ...commands,
    ...noResults,
    logout: ignore,
    unlinked: (_state, _event, context) => loggedOutByPerson(context),
    pairing_offered: (_state, _event, context) => fail(context, 'logged_out'),
    pairing_idle: ignore,
    authenticated: ignore,
    loading: ignore,
    ready: (_state, event, context) => ready(context, false, event),
    // It may be over; a probe says so, not the event.
    socket: (state, event, context) =>
      go(context, state, event.state === socketUp ? [{ type: 'probe' }] : []),
    navigating: ignore,
    logged_out: (_state, _event, context) => unlinked(context),
    gone: (_state, event, context) => gone(context, event.cause),
    probed: (state, event, context) =>
      event.kind === 'watchdog'
        ? judged(
            context,
            event.verdict,
            // The grace goes on from when the suspicion began, whatever further probes say.
            go(context, { ...state, failed: state.failed || event.verdict !== 'navigating' }),
            () => arrive(context),
          )
        : go(context, state),
    timeout: (state, _event, context) => fault(context, state.cause),
  },

  resting: {
    ...commands,
    ...noResults,
    ...noEngine,
    start: (state, _event, context) => claim(context, state.cause, { wanted: 'online' }),
    restart: (state, _event, context) => claim(context, state.cause, { wanted: 'online' }),
    pair: (state, _event, context) => claim(context, state.cause, { wanted: 'online' }),
    ownership_lost: ignore,
    timeout: (state, _event, context) => claim(context, state.cause),
  },

  stopping: {
    // A person's word changes where it goes; only a stop leaves a failure what it is.
    start: (_state, _event, context) => redirect(context),
    stop: (state, _event, context) =>
      go(
        context,
        { name: 'stopping', next: state.next.to === 'failed' ? state.next : { to: 'stopped' } },
        [],
        { wanted: 'stopped' },
      ),
    restart: (_state, _event, context) => redirect(context),
    pair: (_state, _event, context) => redirect(context, makeRoom(context.record)),
    logout: ignore,
    drain: (state, _event, context) =>
      go(context, state.next.to === 'failed' ? state : { name: 'stopping', next: { to: 'stopped' } }),
    ownership_lost: ignore,
    ...noResults,
    ...noEngine,
    // An unlink that ends after the close began still forfeits the login.
    unlinked: (state, _event, context) =>
      go(context, state, [], { wanted: 'stopped', login: 'none', forfeited: true }),
    closed: (state, _event, context) => arriveAt(context, state.next),
    timeout: ignore,
  },

  failed: {
    start: (_state, _event, context) => begin(context),
    // The reason has not gone away: it stays, and the next wish to pair knows what to make of the login.
    stop: (state, _event, context) => go(context, state, [], { wanted: 'stopped' }),
    restart: (_state, _event, context) => begin(context),
    pair: (_state, _event, context) => beginPairing(context),
    logout: ignore,
    drain: ignore,
    ownership_lost: ignore,
    ...noResults,
    ...noEngine,
    quarantined: (state, _event, context) => go(context, state, [], { forfeited: false }),
    quarantine_failed: (state, event, context) => notMoved(context, state, event),
    timeout: ignore,
  },
};

function loggedOutByPerson(context: Context): Outcome {
  return halt(
    context,
    { to: 'stopped' },
    { wanted: 'stopped', login: 'none', forfeited: true, phone: null, name: null },
  );
}

function notMoved(context: Context, state: State, event: On<'quarantine_failed'>): Outcome {
  const step = `leave the unlinked profile where it is: ${event.detail}`;
  return go(context, state, [{ type: 'incident', step, cause: 'profile_unready' }]);
}

function suspicion(context: Context, verdict: Verdict): Outcome {
  const { policy } = context;
  if (verdict === 'navigating') return suspect(context, 'navigation', false, policy.navigationGrace);
  if (verdict === 'bridge_lost') return suspect(context, 'bridge_lost', true, policy.bridgeGrace);
  return suspect(context, 'offline', true, policy.offlineGrace);
}

function seen(context: Context, state: State): Outcome {
  return go(context, state, [], { lastSeen: new Date(context.now).toISOString() });
}

/** Heartbeat and activity do other work than asking; when they notice something, the watchdog decides. */
function secondary(context: Context, state: State, verdict: Verdict): Outcome {
  return verdict === 'healthy' ? seen(context, state) : go(context, state, [{ type: 'probe' }]);
}

/** A person's word, while it is still closing: where it goes then, whatever it was going to. */
function redirect(context: Context, change: Partial<SessionRecord> = {}): Outcome {
  const next: Next = { to: 'claiming', cause: null };
  return go(context, { name: 'stopping', next }, [], { wanted: 'online', failure: null, ...change });
}

function arriveAt(context: Context, next: Next): Outcome {
  const away: readonly Effect[] = context.record.forfeited ? [{ type: 'quarantine' }] : [];
  switch (next.to) {
    case 'stopped':
      return go(context, { name: 'stopped' }, away);
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
