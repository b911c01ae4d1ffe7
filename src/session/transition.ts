/**
 * What a session does about everything that can happen to it. Pure, synchronous and total: every state ×
 * event cell is written down in `table`, doing nothing included.
 *
 * What may not happen, whatever the order of events (transition.test.ts drives it with random ones):
 * - an engine is launched only from `preparing`, which follows `claiming`: never without ownership, never
 *   beside another engine, never on a profile that was not looked at; where a login is settled, on nothing but a
 *   profile that was found sound or a backup that was verified;
 * - a QR where a settled login was expected is shown to nobody, and costs one backup at most;
 * - `stopping` leaves only by `closed`, so nothing starts before the browser is gone;
 * - a fault never leads to `failed`, and `failed` is left only by a person's word;
 * - a forfeited login is never started on again: it goes to quarantine first.
 */

import { botAsked, botAskedWhileStopping } from './bot-moves.ts';
import {
  beginPairing,
  linked,
  loggedOutByPerson,
  makeRoom,
  makeRoomAfter,
  ready,
  readyAtOnce,
  scanned,
  sync,
  unlinked,
} from './login-moves.ts';
import {
  arrive,
  arriveAt,
  begin,
  type Context,
  claim,
  drain,
  fail,
  fault,
  go,
  gone,
  halt,
  type In,
  judged,
  type On,
  type Outcome,
  redirect,
  restart,
  secondary,
  seen,
  stayStopped,
  stop,
  stopClosing,
  suspect,
  suspicion,
  unready,
  want,
} from './moves.ts';
import {
  backedUp,
  beginRestore,
  keepRestored,
  notBackedUp,
  notMoved,
  notPrepared,
  notRestored,
  offered,
  offeredLive,
  prepared,
  progressed,
  redirectToRestore,
  restored,
  wantRestore,
} from './profile-moves.ts';
import type { EventType, SessionEvent, State, StateName } from './state.ts';

export function transition(state: State, event: SessionEvent, context: Context): Outcome {
  const cell = table[state.name][event.type] as Cell<StateName, EventType>;
  if (cell === ignore) return { state, record: context.record, effects: [] };
  return cell(state, event, context);
}

type Handler<S extends StateName, E extends EventType> = (
  state: In<S>,
  event: On<E>,
  context: Context,
) => Outcome;
type Cell<S extends StateName, E extends EventType> = Handler<S, E> | typeof ignore;
type Row<S extends StateName> = { readonly [E in EventType]: Cell<S, E> };
type Table = { readonly [S in StateName]: Row<S> };

const ignore = 'ignore';

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
  bot_asked: ignore,
} as const;

/** Results of effects that the state has not asked for. */
const noResults = {
  claimed: ignore,
  prepared: ignore,
  prepare_failed: ignore,
  progressed: ignore,
  restored: (state: State, event: On<'restored'>, context: Context) => keepRestored(context, state, event),
  restore_impossible: ignore,
  restore_failed: ignore,
  unlinked: ignore,
  closed: ignore,
  quarantined: ignore,
  quarantine_failed: ignore,
} as const;

/** A backup ends when it ends, whatever the session does meanwhile. */
const backups = {
  backed_up: (state: State, event: On<'backed_up'>, context: Context) => backedUp(context, state, event),
  backup_failed: (state: State, event: On<'backup_failed'>, context: Context) =>
    notBackedUp(context, state, event),
} as const;

/** The same everywhere where something runs or is about to. */
const commands = {
  start: (state: State, _: On<'start'>, context: Context) => want(context, state),
  stop: (_state: State, _: On<'stop'>, context: Context) => stop(context),
  restart: (_state: State, _: On<'restart'>, context: Context) => restart(context),
  pair: (state: State, _: On<'pair'>, context: Context) => want(context, state),
  logout: ignore,
  drain: (_state: State, _: On<'drain'>, context: Context) => drain(context),
  restore: (state: State, event: On<'restore'>, context: Context) => wantRestore(context, state, event),
  ownership_lost: (_state: State, event: On<'ownership_lost'>, context: Context) =>
    unready(context, event.cause),
  ...backups,
} as const;

/** Whatever its client is doing. */
const bots = {
  bot_asked: (state: State, event: On<'bot_asked'>, context: Context) => botAsked(context, state, event),
} as const;

/** Answers of probes that were under way when the session came here mean nothing any more. */
const table: Table = {
  stopped: {
    start: (_state, _event, context) => begin(context),
    stop: (_state, _event, context) => stayStopped(context),
    restart: (_state, _event, context) => begin(context),
    pair: (_state, _event, context) => beginPairing(context),
    logout: ignore,
    restore: (_state, event, context) => beginRestore(context, event),
    ...backups,
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
        { name: 'preparing', cause: state.cause, restoring: null },
        [{ type: 'prepare' }, { type: 'timer', ms: context.policy.prepare }],
        { epoch: event.epoch },
      ),
    timeout: ignore,
  },

  preparing: {
    ...commands,
    ...noResults,
    ...noEngine,
    prepared: (state, event, context) => prepared(context, state, event),
    restored: (state, event, context) => restored(context, state, event),
    restore_impossible: (state, _event, context) => notRestored(context, state, null),
    restore_failed: (state, event, context) => notRestored(context, state, event.cause),
    prepare_failed: (state, event, context) => notPrepared(context, state, event),
    progressed: (state, _event, context) => progressed(context, state),
    timeout: (state, _event, context) =>
      notRestored(context, state, state.restoring ? 'vault_unreachable' : 'profile_unready'),
  },

  launching: {
    ...commands,
    ...noResults,
    ...bots,
    pairing_offered: (_state, _event, context) => offered(context),
    pairing_idle: ignore,
    authenticated: (state, _event, context) => linked(context, state),
    loading: (state, _event, context) => linked(context, state),
    ready: (_state, event, context) => readyAtOnce(context, event),
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
    ...bots,
    pairing_offered: ignore,
    pairing_idle: (_state, _event, context) => fail(context, 'pairing_expired'),
    authenticated: (_state, _event, context) => sync(context, true, null, scanned(context)),
    loading: (_state, _event, context) => sync(context, true, null, scanned(context)),
    ready: (_state, event, context) => ready(context, true, event),
    socket: (state, event, context) =>
      event.state === 'pairing' || event.state === 'up'
        ? sync(context, true, null, scanned(context))
        : go(context, state),
    navigating: ignore,
    logged_out: (_state, _event, context) => unlinked(context),
    gone: (_state, event, context) => gone(context, event.cause),
    probed: ignore,
    timeout: (_state, _event, context) => fail(context, 'pairing_expired'),
  },

  syncing: {
    ...commands,
    ...noResults,
    ...bots,
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
    ...bots,
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
        ? judged(context, event.health, go(context, state), () => seen(context, state))
        : secondary(context, state, event.health),
    timeout: (_state, _event, context) => halt(context, { to: 'claiming', cause: null }),
  },

  online: {
    ...commands,
    ...noResults,
    ...bots,
    logout: (state, _event, context) => go(context, state, [{ type: 'unlink' }]),
    unlinked: (_state, _event, context) => loggedOutByPerson(context),
    pairing_offered: (_state, _event, context) => offeredLive(context),
    pairing_idle: ignore,
    authenticated: ignore,
    loading: ignore,
    ready: ignore,
    socket: (state, event, context) =>
      event.state === 'down'
        ? suspect(context, 'offline', true, context.policy.offlineGrace)
        : go(context, state),
    navigating: (_state, _event, context) =>
      suspect(context, 'navigation', false, context.policy.navigationGrace),
    logged_out: (_state, _event, context) => unlinked(context),
    gone: (_state, event, context) => gone(context, event.cause),
    probed: (state, event, context) =>
      event.kind === 'watchdog'
        ? judged(context, event.health, suspicion(context, event.health), () => seen(context, state))
        : secondary(context, state, event.health),
    // Armed where a backup failed.
    timeout: (state, _event, context) =>
      go(context, state, context.record.backup === null ? [{ type: 'backup' }] : []),
  },

  suspect: {
    ...commands,
    ...noResults,
    ...bots,
    logout: ignore,
    unlinked: (_state, _event, context) => loggedOutByPerson(context),
    pairing_offered: (_state, _event, context) => offeredLive(context),
    pairing_idle: ignore,
    authenticated: ignore,
    loading: ignore,
    ready: (_state, event, context) => ready(context, false, event),
    // It may be over; a probe says so, not the event.
    socket: (state, event, context) => go(context, state, event.state === 'up' ? [{ type: 'probe' }] : []),
    navigating: ignore,
    logged_out: (_state, _event, context) => unlinked(context),
    gone: (_state, event, context) => gone(context, event.cause),
    probed: (state, event, context) =>
      event.kind === 'watchdog'
        ? judged(
            context,
            event.health,
            // The grace goes on from when the suspicion began, whatever further probes say.
            go(context, { ...state, failed: state.failed || event.health !== 'navigating' }),
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
    pair: (state, _event, context) =>
      claim(context, state.cause, { wanted: 'online', ...makeRoomAfter(context.record, state) }),
    restore: (_state, event, context) => beginRestore(context, event),
    ownership_lost: ignore,
    timeout: (state, _event, context) => claim(context, state.cause),
  },

  stopping: {
    // A person's word changes where it goes; only a stop leaves a failure what it is.
    start: (_state, _event, context) => redirect(context),
    stop: (_state, _event, context) => stopClosing(context),
    restart: (_state, _event, context) => redirect(context),
    pair: (_state, _event, context) => redirect(context, makeRoom(context.record)),
    restore: (_state, event, context) => redirectToRestore(context, event),
    ...backups,
    logout: ignore,
    drain: (state, _event, context) =>
      go(context, state.next.to === 'failed' ? state : { name: 'stopping', next: { to: 'stopped' } }),
    ownership_lost: ignore,
    ...noResults,
    ...noEngine,
    bot_asked: (state, event, context) => botAskedWhileStopping(context, state, event),
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
    restore: (_state, event, context) => beginRestore(context, event),
    ...backups,
    drain: ignore,
    ownership_lost: ignore,
    ...noResults,
    ...noEngine,
    quarantined: (state, _event, context) => go(context, state, [], { forfeited: false }),
    quarantine_failed: (state, event, context) => notMoved(context, state, event),
    timeout: ignore,
  },
};
