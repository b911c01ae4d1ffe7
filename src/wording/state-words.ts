/** What each state is, and each event, to somebody who operates sessions; docs/states.md is made from it. */
import type { EventType, SessionEvent, State, StateName } from '../session/state.ts';
import type { Status } from '../session/status.ts';

/** What holds while a session is in it. */
export const stateWords: Readonly<Record<StateName, string>> = {
  stopped: 'It has no browser.',
  claiming: 'It waits for the right to run, and for room among those that start.',
  preparing:
    'Its profile is looked at before anything runs on it; where a backup is needed, that one is fetched, verified and put in place.',
  launching: 'Its browser starts, and WhatsApp Web in it.',
  pairing: 'A QR or a code is shown, and a person is awaited.',
  syncing: 'The login works; WhatsApp Web loads its history.',
  sealing: 'A new login works, and is not on the disk for certain until its browser was closed cleanly.',
  online: 'It was asked and answered.',
  suspect: 'Something is wrong that may pass; it is asked every few seconds.',
  resting: 'It waits for its next try, whose time is shown.',
  stopping: 'Its browser is being closed, by force if need be; then it goes where it was going.',
  failed: 'Only a person helps.',
};

export const statusMeanings: Readonly<Record<Status, string>> = {
  stopped: 'It stays stopped until somebody starts it.',
  initializing: 'It starts. Up to a minute; longer where many start at once.',
  recovering: 'It was interrupted, and is being brought back. `reason` says by what. Nothing to do.',
  qr_ready: 'Somebody has to scan a QR or type a code.',
  authenticating: 'It is linked, loads its history, and is sealed when the login is new. Leave it alone.',
  ready: 'It is online.',
  disconnected: 'It waits for its next try. `reason` says why; look at it when it lasts.',
  failed: 'A person is needed. `reason` and `remedy` say for what.',
};

/** Something that happens, with an example of it. */
export interface Happening<E extends EventType = EventType> {
  readonly words: string;
  readonly event: Extract<SessionEvent, { type: E }>;
}

const at = '2026-01-01T00:00:00.000Z';
const backup = { id: '20260101T000000Z-1-000000000000', at };
const evidence = { loginKeys: [], databases: [] };
const account = { phone: null, name: null, platform: null };

const one = <E extends EventType>(words: string, event: Happening<E>['event']): readonly Happening<E>[] => [
  { words, event },
];

/** Each event, told apart where the machine does. */
export const happenings: { readonly [E in EventType]: readonly Happening<E>[] } = {
  start: one('a person starts it', { type: 'start' }),
  stop: one('a person stops it', { type: 'stop' }),
  restart: one('a person restarts it', { type: 'restart' }),
  pair: one('a person asks for a QR or a code', { type: 'pair' }),
  logout: one('a person logs it out', { type: 'logout' }),
  restore: one('a person restores a backup', { type: 'restore', backup: backup.id }),
  drain: one('the daemon ends', { type: 'drain' }),
  claimed: one('it has the right and the room to start', { type: 'claimed', epoch: 1 }),
  ownership_lost: one('it loses the right to run', { type: 'ownership_lost', cause: 'ownership' }),
  prepared: [
    { words: 'its profile is sound', event: { type: 'prepared', found: { profile: 'sound', evidence } } },
    {
      words: 'its profile is damaged, gone or without its login',
      event: { type: 'prepared', found: { profile: 'unsound', problem: '' } },
    },
    {
      words: 'there is no profile, and none was expected',
      event: { type: 'prepared', found: { profile: 'fresh' } },
    },
  ],
  prepare_failed: one('its profile cannot be prepared', {
    type: 'prepare_failed',
    cause: 'profile_unready',
    detail: '',
  }),
  restored: one('a backup is in its profile’s place', {
    type: 'restored',
    backup,
    evidence,
    quarantined: null,
  }),
  progressed: one('its restore goes on', { type: 'progressed' }),
  restore_impossible: one('no backup is left to try', { type: 'restore_impossible', detail: '' }),
  restore_failed: one('the vault does not answer', {
    type: 'restore_failed',
    cause: 'vault_unreachable',
    detail: '',
  }),
  backed_up: one('a backup was taken', {
    type: 'backed_up',
    backup,
    demoted: false,
    evidence,
    of: { pairedAt: null, restored: null },
  }),
  backup_failed: one('a backup could not be taken', { type: 'backup_failed', detail: '' }),
  unlinked: one('WhatsApp confirms that it was logged out', { type: 'unlinked' }),
  closed: one('its browser is gone', { type: 'closed' }),
  quarantined: one('its unlinked profile is in quarantine', { type: 'quarantined' }),
  quarantine_failed: one('its unlinked profile cannot be moved', { type: 'quarantine_failed', detail: '' }),
  pairing_offered: one('WhatsApp shows a QR', { type: 'pairing_offered' }),
  pairing_idle: one('WhatsApp shows no further QR', { type: 'pairing_idle' }),
  authenticated: one('a phone agrees, or the login is accepted', { type: 'authenticated' }),
  loading: one('its history is being loaded', { type: 'loading' }),
  ready: one('it is ready', { type: 'ready', account }),
  socket: [
    { words: 'its connection is up', event: { type: 'socket', state: 'up' } },
    { words: 'its connection is lost', event: { type: 'socket', state: 'down' } },
    { words: 'a login is being made', event: { type: 'socket', state: 'pairing' } },
  ],
  navigating: one('its page loads anew', { type: 'navigating' }),
  bot_asked: [
    { words: 'its bot calls `destroy()`', event: { type: 'bot_asked', wish: 'stop' } },
    { words: 'its bot calls `initialize()`', event: { type: 'bot_asked', wish: 'start' } },
    { words: 'its bot calls `logout()`', event: { type: 'bot_asked', wish: 'logout' } },
  ],
  logged_out: one('the phone or WhatsApp unlinks it', { type: 'logged_out' }),
  gone: [
    {
      words: 'its browser or host ends, or does not start',
      event: { type: 'gone', cause: 'browser_crash', detail: '' },
    },
    { words: 'WhatsApp cannot be reached', event: { type: 'gone', cause: 'unreachable', detail: '' } },
    {
      words: 'a browser that is not ours has its profile open',
      event: { type: 'gone', cause: 'profile_in_use', detail: '' },
    },
    {
      words: 'another browser takes the device over',
      event: { type: 'gone', cause: 'conflict', detail: '' },
    },
    { words: 'WhatsApp blocks the account', event: { type: 'gone', cause: 'banned', detail: '' } },
    { words: 'its bot cannot run', event: { type: 'gone', cause: 'bot_error', detail: '' } },
  ],
  probed: [
    {
      words: 'the watchdog finds it healthy',
      event: { type: 'probed', kind: 'watchdog', health: 'healthy' },
    },
    {
      words: 'the watchdog gets no answer',
      event: { type: 'probed', kind: 'watchdog', health: 'silent' },
    },
    {
      words: 'the watchdog finds its connection lost, or the library gone from the page',
      event: { type: 'probed', kind: 'watchdog', health: 'offline' },
    },
  ],
  timeout: one('its time in this state is over', { type: 'timeout' }),
};

/** A state of each name, told apart where the machine does. */
export const stateExamples: { readonly [S in StateName]: readonly Extract<State, { name: S }>[] } = {
  stopped: [{ name: 'stopped' }],
  claiming: [{ name: 'claiming', cause: null }],
  preparing: [
    { name: 'preparing', cause: null, restoring: null },
    { name: 'preparing', cause: 'profile_damaged', restoring: { since: 0, yielded: false } },
  ],
  launching: [{ name: 'launching', cause: null }],
  pairing: [{ name: 'pairing' }],
  syncing: [
    { name: 'syncing', scanned: true, cause: null, since: 0 },
    { name: 'syncing', scanned: false, cause: null, since: 0 },
  ],
  sealing: [{ name: 'sealing' }],
  online: [{ name: 'online' }],
  suspect: [{ name: 'suspect', cause: 'offline', failed: true }],
  resting: [{ name: 'resting', cause: 'unreachable', until: 0 }],
  stopping: [
    { name: 'stopping', next: { to: 'stopped' } },
    { name: 'stopping', next: { to: 'claiming', cause: null } },
    { name: 'stopping', next: { to: 'resting', cause: 'unreachable', delay: 1 } },
    { name: 'stopping', next: { to: 'failed', reason: 'logged_out' } },
  ],
  failed: [{ name: 'failed', reason: 'logged_out' }],
};
