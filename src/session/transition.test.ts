import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BotWish, GoneCause, ProbeKind, SocketState } from '../engine/engine.ts';
import { sessionId } from './id.ts';
import type { Health } from './liveness.ts';
import type { Context } from './moves.ts';
import { defaultPolicy } from './policy.ts';
import { newRecord, type SessionRecord } from './record.ts';
import {
  type Effect,
  type EventType,
  type FaultCause,
  isAtRest,
  isStarting,
  type LossCause,
  type Prepared,
  type SessionEvent,
  type State,
} from './state.ts';
import { transition } from './transition.ts';

const now = Date.UTC(2026, 0, 1, 12);
const minute = 60_000;
const account = { phone: '4915100000000', name: 'Shop', platform: 'android' };

function context(record: Partial<SessionRecord> = {}, rest: Partial<Context> = {}): Context {
  const fresh = newRecord(sessionId('main'), now - 60 * minute);
  return { record: { ...fresh, ...record }, policy: defaultPolicy, now, random: 0.5, ...rest };
}

/** Takes a session through events and tells where it ends and what was asked for on the way. */
function run(from: State, events: readonly SessionEvent[], start: Context = context()) {
  let state = from;
  let record = start.record;
  const effects: Effect[] = [];
  for (const event of events) {
    const outcome = transition(state, event, { ...start, record });
    ({ state, record } = outcome);
    effects.push(...outcome.effects);
  }
  return { state, record, effects: effects.map((effect) => effect.type) };
}

const evidence = { loginKeys: ['last-wid-md'], databases: [] };
const sound: SessionEvent = { type: 'prepared', found: { profile: 'sound', evidence } };
const unsound: SessionEvent = {
  type: 'prepared',
  found: { profile: 'unsound', problem: 'CURRENT is missing.' },
};
const inPlace = (id: string): SessionEvent => ({
  type: 'restored',
  backup: { id, at: '2026-01-01T00:00:00.000Z' },
  evidence,
  quarantined: null,
});
const begun: readonly SessionEvent[] = [{ type: 'start' }, { type: 'claimed', epoch: 1 }];
const settled = { login: 'settled', evidence } as const;

const stopped: State = { name: 'stopped' };
const online: State = { name: 'online' };
const started: readonly SessionEvent[] = [
  { type: 'start' },
  { type: 'claimed', epoch: 1 },
  { type: 'prepared', found: { profile: 'fresh' } },
];
const running = {
  starts: [{ at: now - 30 * minute, onlineAt: now - 29 * minute, faultAt: null }],
  login: 'settled',
} as const;

describe('coming online', () => {
  it('claims, prepares and launches, in this order', () => {
    const { state, effects } = run(stopped, started);
    expect(state.name).toBe('launching');
    expect(effects).toEqual(['claim', 'prepare', 'timer', 'launch', 'timer']);
  });

  it('is online when a login from the disk works, and the login is settled by that', () => {
    const { state, record } = run(
      stopped,
      [...begun, sound, { type: 'authenticated' }, { type: 'ready', account }],
      context({ login: 'unsettled' }),
    );
    expect(state.name).toBe('online');
    expect(record).toMatchObject({ login: 'settled', phone: account.phone });
  });

  it('takes a ready without an authenticated before it', () => {
    const { state } = run(stopped, [...begun, sound, { type: 'ready', account }], context(settled));
    expect(state.name).toBe('online');
  });

  it.each([
    ['a scan that is told before the QR', [{ type: 'authenticated' }, { type: 'ready', account }]],
    ['one that is only told by being ready', [{ type: 'ready', account }]],
  ] as const)('seals a login that was not on the disk before: %s', (_what, told) => {
    const { state, record } = run(stopped, [...started, ...told]);
    expect(state.name).toBe('sealing');
    expect(record).toMatchObject({ login: 'unsettled', pairedEpoch: 1 });
  });

  it('counts a start that shows neither QR nor login in time as a fault', () => {
    const { state, record } = run(stopped, [...started, { type: 'timeout' }]);
    expect(state).toEqual({ name: 'stopping', next: { to: 'claiming', cause: 'never_ready' } });
    expect(record.restarts).toBe(1);
  });

  it('goes on waiting as long as the synchronisation moves', () => {
    const moved = run({ name: 'syncing', scanned: false, cause: null, since: now }, [{ type: 'loading' }]);
    expect(moved.effects).toEqual(['timer']);
  });
});

describe('a synchronisation that starts over and over again', () => {
  it('is waited for no longer than a quarter of an hour in all', () => {
    const state: State = { name: 'syncing', scanned: false, cause: null, since: now - 16 * minute };
    expect(run(state, [{ type: 'loading' }]).effects).toEqual([]);
  });
});

describe('pairing', () => {
  const scanned: readonly SessionEvent[] = [
    ...started,
    { type: 'pairing_offered' },
    { type: 'socket', state: 'up' },
  ];

  it('shows a QR where no login was expected', () => {
    expect(run(stopped, [...started, { type: 'pairing_offered' }]).state.name).toBe('pairing');
  });

  it('remembers from the scan on that a login exists which may not be on the disk yet', () => {
    const { state, record } = run(stopped, scanned);
    expect(state).toMatchObject({ name: 'syncing', scanned: true });
    expect(record.login).toBe('unsettled');
  });

  it('closes and starts the browser once more before a new login counts', () => {
    const sealing = run(stopped, [...scanned, { type: 'ready', account }]);
    expect(sealing.state.name).toBe('sealing');
    const again = run(
      sealing.state,
      [{ type: 'timeout' }, { type: 'closed' }, ...started.slice(1), { type: 'ready', account }],
      context(sealing.record),
    );
    expect(again.state.name).toBe('online');
    expect(again.record.login).toBe('settled');
  });

  it('pairs again when the new login did not survive that', () => {
    const { state } = run(
      stopped,
      [...started, { type: 'pairing_offered' }],
      context({ login: 'unsettled' }),
    );
    expect(state.name).toBe('pairing');
  });

  it('settles at once where sealing is off', () => {
    const policy = { ...defaultPolicy, sealAfter: null };
    expect(run(stopped, [...scanned, { type: 'ready', account }], context({}, { policy })).state.name).toBe(
      'online',
    );
  });

  it('closes the browser when nobody scans', () => {
    const { state, record } = run({ name: 'pairing' }, [{ type: 'timeout' }, { type: 'closed' }]);
    expect(state).toEqual({ name: 'failed', reason: 'pairing_expired' });
    expect(record.failure).toBe('pairing_expired');
  });

  it('spends no restart budget on waiting for a person', () => {
    const { record } = run(stopped, [...started, { type: 'pairing_offered' }]);
    expect(record.starts.at(-1)?.onlineAt).toBe(now);
  });
});

describe('a login that is no longer accepted', () => {
  it('is final when it is seen live, and the profile goes to quarantine after the browser is gone', () => {
    const live = run(online, [{ type: 'logged_out' }], context(running));
    expect(live.effects).not.toContain('quarantine');
    expect(live.record).toMatchObject({ failure: 'logged_out', forfeited: true, login: 'none' });
    const after = run(live.state, [{ type: 'closed' }], context(live.record));
    expect(after.state).toEqual({ name: 'failed', reason: 'logged_out' });
    expect(after.effects).toContain('quarantine');
  });

  it('is final when a QR shows on the backup that was tried as well, and the profile stays', () => {
    const { state, record } = run(
      stopped,
      [...started, { type: 'pairing_offered' }, { type: 'closed' }],
      context({ login: 'settled', rolledBack: true }),
    );
    expect(state).toEqual({ name: 'failed', reason: 'logged_out' });
    expect(record.forfeited).toBe(false);
  });

  it('makes room for a new pairing on a person’s word', () => {
    const { record } = run(
      { name: 'failed', reason: 'logged_out' },
      [{ type: 'pair' }],
      context({ login: 'settled', failure: 'logged_out' }),
    );
    expect(record).toMatchObject({ login: 'none', forfeited: true, failure: null });
  });

  it('tries a profile that has come back before it takes it for worthless', () => {
    const { record } = run(
      { name: 'failed', reason: 'no_sound_profile' },
      [{ type: 'pair' }],
      context({ login: 'settled', failure: 'no_sound_profile' }),
    );
    expect(record).toMatchObject({ login: 'none', forfeited: false });
  });

  it('stays what it is when it is stopped, so that the next wish to pair makes room', () => {
    const { state, record } = run(
      { name: 'failed', reason: 'logged_out' },
      [{ type: 'stop' }, { type: 'pair' }],
      context({ login: 'settled', failure: 'logged_out' }),
    );
    expect(state.name).toBe('claiming');
    expect(record).toMatchObject({ forfeited: true, wanted: 'online' });
  });

  it('hears a wish to pair that comes while its browser is still closing', () => {
    const live = run(
      online,
      [{ type: 'logged_out' }, { type: 'pair' }, { type: 'closed' }],
      context(running),
    );
    expect(live.state.name).toBe('claiming');
    expect(live.record).toMatchObject({ failure: null, forfeited: true });
  });
});

describe('a profile that is damaged, wiped or gone', () => {
  const laddered = run(stopped, [...begun, unsound], context(settled));

  it('makes room for the newest good backup, and the session starts on that', () => {
    expect(laddered.state).toMatchObject({ name: 'preparing', restoring: { yielded: false } });
    expect(laddered.effects).toEqual(['claim', 'prepare', 'timer', 'incident', 'restore', 'timer']);
    const { state, record, effects } = run(
      laddered.state,
      [inPlace('b2'), { type: 'ready', account }],
      context(laddered.record),
    );
    expect(effects).toContain('launch');
    expect(state.name).toBe('online');
    expect(record.restored).toEqual({ id: 'b2', at: new Date(now).toISOString() });
  });

  it('is waited for as long as its backup moves, and for no more than a quarter of a day', () => {
    const moved = (at: number) =>
      run(laddered.state, [{ type: 'progressed' }], context(laddered.record, { now: at }));
    expect(moved(now + 5 * 60 * minute).effects).toEqual(['timer']);
    expect(moved(now + 7 * 60 * minute).effects).toEqual([]);
  });

  it('makes room for others when that takes long, and waits for room again before it starts', () => {
    const soon = run(
      laddered.state,
      [{ type: 'progressed' }],
      context(laddered.record, { now: now + minute }),
    );
    expect([isStarting(laddered.state), isStarting(soon.state)]).toEqual([true, true]);
    const late = run(soon.state, [{ type: 'progressed' }], context(soon.record, { now: now + 3 * minute }));
    expect(isStarting(late.state)).toBe(false);
    const { state, effects } = run(late.state, [inPlace('b2')], context(late.record));
    expect(state).toEqual({ name: 'claiming', cause: 'profile_damaged' });
    expect(effects).toEqual(['claim']);
  });

  it('ends in a failure without a browser when the vault holds nothing, never in a QR', () => {
    const { state, effects } = run(
      laddered.state,
      [{ type: 'restore_impossible', detail: '' }, { type: 'closed' }],
      context(laddered.record),
    );
    expect(state).toEqual({ name: 'failed', reason: 'no_sound_profile' });
    expect([...laddered.effects, ...effects]).not.toContain('launch');
  });

  it('waits for a vault that does not answer, and looks at the profile again', () => {
    const { state, record } = run(
      laddered.state,
      [{ type: 'restore_failed', cause: 'vault_unreachable', detail: '' }, { type: 'closed' }],
      context(laddered.record),
    );
    expect(state).toMatchObject({ name: 'resting', cause: 'vault_unreachable' });
    const again = run(state, [{ type: 'timeout' }, { type: 'claimed', epoch: 2 }, sound], context(record));
    expect(again.state.name).toBe('launching');
  });

  describe('and whose backup the vault should hold and does not', () => {
    const missing: SessionEvent = { type: 'restore_failed', cause: 'backups_missing', detail: '' };
    const rest = run(laddered.state, [missing, { type: 'closed' }], context(laddered.record));

    it('rests, and looks again at a slow pace', () => {
      expect(rest.state).toEqual({ name: 'resting', cause: 'backups_missing', until: now + 5 * minute });
      expect(rest.record).toMatchObject({ ...settled, failure: null });
      const again = run(
        rest.state,
        [{ type: 'timeout' }, { type: 'claimed', epoch: 2 }, unsound, inPlace('b2')],
        context(rest.record),
      );
      expect(again.state.name).toBe('launching');
    });

    it('is paired anew on a person’s word', () => {
      const { state, record } = run(
        rest.state,
        [{ type: 'pair' }, { type: 'claimed', epoch: 2 }, { type: 'prepared', found: { profile: 'fresh' } }],
        context({ ...rest.record, backup: { id: 'b1', at: '' } }),
      );
      expect(state.name).toBe('launching');
      expect(record).toMatchObject({ login: 'none', backup: null });
    });

    it('after a QR is no logout yet', () => {
      const qr = run(
        stopped,
        [...begun, sound, { type: 'pairing_offered' }, { type: 'closed' }],
        context(settled),
      );
      const { state, record } = run(
        qr.state,
        [{ type: 'claimed', epoch: 2 }, sound, missing, { type: 'closed' }],
        context(qr.record),
      );
      expect(state).toMatchObject({ name: 'resting', cause: 'backups_missing' });
      expect(run(state, [{ type: 'pair' }], context(record)).record).toMatchObject({
        login: 'none',
        forfeited: true,
        dueRestore: null,
      });
    });
  });

  it('of a login that no record knows of is a login all the same', () => {
    const { record } = run(stopped, [...begun, sound], context());
    expect(record).toMatchObject({ login: 'settled', evidence });
  });
});

describe('a session of which nothing is known but its id', () => {
  const fresh: SessionEvent = { type: 'prepared', found: { profile: 'fresh' } };
  const asked = run(stopped, [...begun, fresh], context({ login: 'unknown' }));

  it('comes back from the vault, where that knows it', () => {
    expect(asked.effects).toEqual(['claim', 'prepare', 'timer', 'restore', 'timer']);
  });

  it('waits for a vault that does not answer', () => {
    const { state, record } = run(
      asked.state,
      [{ type: 'restore_failed', cause: 'vault_unreachable', detail: '' }, { type: 'closed' }],
      context(asked.record),
    );
    expect(state.name).toBe('resting');
    expect(record.login).toBe('unknown');
  });

  it('is paired where there is none', () => {
    const { state, record } = run(
      asked.state,
      [{ type: 'restore_impossible', detail: '' }],
      context(asked.record),
    );
    expect(state.name).toBe('launching');
    expect(record.login).toBe('none');
  });
});

describe('a QR where a login was expected', () => {
  const first = run(stopped, [...begun, sound, { type: 'pairing_offered' }], context(settled));
  const closed = run(
    first.state,
    [{ type: 'closed' }, { type: 'claimed', epoch: 2 }, sound],
    context(first.record),
  );

  it('is shown to nobody: one other backup is tried first, and a crash does not forget that', () => {
    expect(first.state).toMatchObject({ name: 'stopping', next: { to: 'claiming' } });
    expect(first.record.dueRestore).toEqual({ why: 'refused' });
    expect(closed.effects).toEqual(['claim', 'prepare', 'timer', 'restore', 'timer']);
  });

  const back = run(closed.state, [inPlace('b1')], context(closed.record));

  it('twice is a logout, and the backup that was refused is not tried again', () => {
    const { state, record } = run(
      back.state,
      [{ type: 'pairing_offered' }, { type: 'closed' }],
      context(back.record),
    );
    expect(state).toEqual({ name: 'failed', reason: 'logged_out' });
    expect(record.rejected).toEqual(['b1']);
    const again = run(
      state,
      [...begun, sound, { type: 'pairing_offered' }, { type: 'closed' }],
      context(record),
    );
    expect(again.state).toEqual({ name: 'failed', reason: 'logged_out' });
  });

  it('is held against the backup that a logout came from, also one that WhatsApp had taken at first', () => {
    const taken = run(back.state, [{ type: 'ready', account }], context(back.record));
    const { record } = run(taken.state, [{ type: 'logged_out' }, { type: 'closed' }], context(taken.record));
    expect(record).toMatchObject({ failure: 'logged_out', rejected: ['b1'] });
    // Nor is it forgotten with the login: a volume may be lost, and nothing of this login opens anything.
    const anew = run({ name: 'failed', reason: 'logged_out' }, [{ type: 'pair' }], context(record));
    expect(anew.record).toMatchObject({ login: 'none', rejected: ['b1'] });
  });

  it('is a logout at once when there is nothing to try', () => {
    const { state } = run(
      closed.state,
      [{ type: 'restore_impossible', detail: '' }, { type: 'closed' }],
      context(closed.record),
    );
    expect(state).toEqual({ name: 'failed', reason: 'logged_out' });
  });

  it('is forgiven once the session has been online', () => {
    const { state, record } = run(back.state, [{ type: 'ready', account }], context(back.record));
    expect(state.name).toBe('online');
    expect(record).toMatchObject({ rolledBack: false, dueRestore: null });
  });

  it('after a backup that the ladder chose tries another one', () => {
    const damaged = run(stopped, [...begun, unsound, inPlace('b2')], context(settled));
    const refused = run(damaged.state, [{ type: 'pairing_offered' }], context(damaged.record));
    expect(refused.record).toMatchObject({ rejected: ['b2'], dueRestore: { why: 'refused' } });
  });

  it('is not held against a backup that WhatsApp has taken: it may be the only one', () => {
    const taken = run(back.state, [{ type: 'ready', account }], context(back.record));
    const later = run(
      stopped,
      [...begun, sound, { type: 'pairing_offered' }],
      context({ ...taken.record, failure: null }),
    );
    expect(later.record).toMatchObject({ rejected: [], dueRestore: { why: 'refused' } });
  });

  it('on a session that was online may be damage under the browser: one backup is tried', () => {
    for (const name of ['online', 'suspect'] as const) {
      const state = name === 'online' ? online : ({ name, cause: 'navigation', failed: false } as const);
      const live = run(state, [{ type: 'pairing_offered' }], context({ ...running, ...settled }));
      expect(live.state).toMatchObject({ name: 'stopping', next: { to: 'claiming' } });
      expect(live.record.dueRestore).toEqual({ why: 'refused' });
    }
  });

  it('on a session that was restored within the hour is a logout, or it would go on for ever', () => {
    const restored = { id: 'b1', at: new Date(now - 59 * 60_000).toISOString() };
    const live = run(
      online,
      [{ type: 'pairing_offered' }],
      context({ ...running, ...settled, restored, restoredTaken: true }),
    );
    expect(live.state).toMatchObject({ name: 'stopping', next: { to: 'failed', reason: 'logged_out' } });
  });

  it('after a scan is an invitation to pair again', () => {
    const { state } = run(
      stopped,
      [...begun, sound, { type: 'pairing_offered' }],
      context({ login: 'unsettled' }),
    );
    expect(state.name).toBe('pairing');
  });
});

describe('a restore that a person asks for', () => {
  const restore: SessionEvent = { type: 'restore', backup: 'b1' };

  it('closes the browser first and starts it on the backup', () => {
    const { state, effects } = run(
      online,
      [restore, { type: 'closed' }, { type: 'claimed', epoch: 2 }, sound, inPlace('b1')],
      context({ ...running, backup: { id: 'b1', at: '' } }),
    );
    expect(state.name).toBe('launching');
    expect(effects.filter((effect) => effect !== 'timer')).toEqual([
      'close',
      'claim',
      'prepare',
      'restore',
      'launch',
    ]);
  });

  it('of an import leaves no backup of this login, whoever asks for it again meanwhile', () => {
    const imported = { ...restore, imported: true } as const;
    const asked = run(
      online,
      [imported, { type: 'closed' }],
      context({ ...running, backup: { id: 'b0', at: '' } }),
    );
    expect(asked.record.dueRestore).toEqual({ why: 'person', backup: 'b1', failure: null, imported: true });
    // As the next daemon does for one that is to stay stopped.
    const { record } = run(
      stopped,
      [restore, { type: 'claimed', epoch: 3 }, sound, inPlace('b1')],
      context(asked.record),
    );
    expect(record).toMatchObject({ backup: null, restored: { id: 'b1' }, dueRestore: null });
  });

  it('leaves a stopped session stopped', () => {
    const { state, record } = run(
      stopped,
      [restore, { type: 'claimed', epoch: 2 }, sound, inPlace('b1'), { type: 'closed' }],
      context({ ...settled, wanted: 'stopped' }),
    );
    expect(state).toEqual(stopped);
    expect(record).toMatchObject({ wanted: 'stopped', restored: { id: 'b1' }, dueRestore: null });
  });

  it('brings a session back that was logged out', () => {
    const { state, record } = run(
      { name: 'failed', reason: 'logged_out' },
      [
        restore,
        { type: 'claimed', epoch: 2 },
        { type: 'prepared', found: { profile: 'fresh' } },
        inPlace('b1'),
      ],
      context({ failure: 'logged_out', forfeited: true }),
    );
    expect(state.name).toBe('launching');
    expect(record).toMatchObject({ login: 'settled', forfeited: false, failure: null });
  });

  it('goes on with what was there when the backup cannot be had', () => {
    const { state, record } = run(
      online,
      [
        restore,
        { type: 'closed' },
        { type: 'claimed', epoch: 2 },
        sound,
        { type: 'restore_failed', cause: 'profile_unready', detail: '' },
        { type: 'closed' },
      ],
      context(running),
    );
    expect(state.name).toBe('claiming');
    expect(record.dueRestore).toBeNull();
  });

  it('is told to have failed when the profile cannot be had, and is not tried for ever', () => {
    const { state, record } = run(
      online,
      [
        restore,
        { type: 'closed' },
        { type: 'claimed', epoch: 2 },
        { type: 'prepare_failed', cause: 'profile_in_use', detail: '' },
        { type: 'closed' },
      ],
      context({ ...running, wanted: 'stopped' }),
    );
    expect(state).toEqual(stopped);
    expect(record.dueRestore).toBeNull();
  });

  it('leaves a failure what it was when the backup cannot be had', () => {
    const { state, record } = run(
      { name: 'failed', reason: 'banned' },
      [
        restore,
        { type: 'claimed', epoch: 2 },
        sound,
        { type: 'restore_failed', cause: 'profile_unready', detail: '' },
        { type: 'closed' },
      ],
      context({ ...settled, failure: 'banned' }),
    );
    expect(state).toEqual({ name: 'failed', reason: 'banned' });
    expect(record).toMatchObject({ failure: 'banned', dueRestore: null });
  });

  it('that was put in place after a stop is not forgotten', () => {
    const { state, record } = run(
      { name: 'stopping', next: { to: 'stopped' } },
      [inPlace('b1')],
      context({ ...settled, wanted: 'stopped' }),
    );
    expect(state.name).toBe('stopping');
    expect(record.restored).toMatchObject({ id: 'b1' });
  });

  it('of an attempt that was given up launches nothing in the next one', () => {
    const { state, effects } = run(
      { name: 'preparing', cause: null, restoring: null },
      [inPlace('b1')],
      context(settled),
    );
    expect(state.name).toBe('preparing');
    expect(effects).toEqual([]);
  });

  it.each([
    ['that comes first', [restore, { type: 'stop' }]],
    ['that comes once the browser is closed', [restore, { type: 'closed' }, { type: 'stop' }]],
    [
      'of a session that a daemon has left like this',
      [restore, { type: 'drain' }, { type: 'closed' }, { type: 'stop' }],
    ],
  ] as const)('is called off by a stop %s', (_when, events) => {
    expect(run(online, events, context(running)).record.dueRestore).toBeNull();
  });

  it('and is stopped leaves a failure what it was', () => {
    const from: State = { name: 'failed', reason: 'banned' };
    const start = context({ ...settled, failure: 'banned' });
    for (const events of [
      [restore, { type: 'stop' }, { type: 'closed' }],
      [restore, { type: 'drain' }, { type: 'stop' }, { type: 'closed' }],
      [restore, { type: 'drain' }, { type: 'closed' }, { type: 'stop' }],
    ] as const) {
      const { state, record } = run(from, events, start);
      expect(state).toEqual(from);
      expect(record).toMatchObject({ wanted: 'stopped', failure: 'banned', dueRestore: null });
    }
  });

  it('gives way to a later one, also where it is put in place all the same', () => {
    const later: SessionEvent = { type: 'restore', backup: 'b2' };
    const { state, record } = run(
      { name: 'failed', reason: 'banned' },
      [restore, { type: 'claimed', epoch: 2 }, sound, later, inPlace('b1'), { type: 'closed' }],
      context({ ...settled, failure: 'banned' }),
    );
    expect(state.name).toBe('claiming');
    expect(record).toMatchObject({
      restored: { id: 'b1' },
      dueRestore: { why: 'person', backup: 'b2', failure: 'banned' },
    });
  });

  it('that is asked for again goes on', () => {
    const { state, effects } = run(
      online,
      [restore, { type: 'closed' }, { type: 'claimed', epoch: 2 }, sound, restore],
      context(running),
    );
    expect(state).toMatchObject({ name: 'preparing', restoring: { yielded: false } });
    expect(effects.filter((effect) => effect === 'close')).toHaveLength(1);
  });

  it('is not tried for ever where the profile cannot be prepared in time', () => {
    const { state, record } = run(
      online,
      [restore, { type: 'closed' }, { type: 'claimed', epoch: 2 }, { type: 'timeout' }, { type: 'closed' }],
      context(running),
    );
    expect(state.name).toBe('claiming');
    expect(record.dueRestore).toBeNull();
  });
});

describe('backups', () => {
  const mark = { id: 'b1', at: '2026-01-01T12:00:00.000Z' };

  it('begin with the first time that a login is settled', () => {
    const { effects } = run(
      { name: 'launching', cause: null },
      [{ type: 'ready', account }],
      context({ login: 'unsettled' }),
    );
    expect(effects).toContain('backup');
    const later = run(
      { name: 'launching', cause: null },
      [{ type: 'ready', account }],
      context({ ...settled, backup: mark }),
    );
    expect(later.effects).not.toContain('backup');
  });

  it('are tried again while there is not one', () => {
    const { state, effects } = run(
      online,
      [{ type: 'backup_failed', detail: '' }, { type: 'timeout' }],
      context(running),
    );
    expect(state.name).toBe('online');
    expect(effects).toEqual(['incident', 'timer', 'backup']);
  });

  it('that were demoted take the place of no other, and are better than none', () => {
    const demoted = { id: 'less', at: '2026-01-02T00:00:00.000Z' };
    const later = { loginKeys: ['WALid'], databases: [] };
    const done: SessionEvent = {
      type: 'backed_up',
      backup: demoted,
      demoted: true,
      evidence: later,
      of: { pairedAt: now, restored: null },
    };
    const recordAfter = (record: Partial<SessionRecord>) =>
      run(online, [done], context({ ...running, pairedAt: now, ...record })).record;
    // What the look before the next launch asks for is what the login shows now, or it would be rolled back.
    expect(recordAfter({ backup: mark })).toMatchObject({ backup: mark, evidence: later });
    expect(recordAfter({ backup: null })).toMatchObject({ backup: demoted, evidence: later });
  });

  it('of an earlier login are not those of this one', () => {
    const done: SessionEvent = {
      type: 'backed_up',
      backup: mark,
      demoted: false,
      evidence,
      of: { pairedAt: now, restored: null },
    };
    const backupAfter = (record: Partial<SessionRecord>) =>
      run(online, [done], context({ ...running, ...record })).record.backup;
    expect(backupAfter({ pairedAt: now })).toEqual(mark);
    expect(backupAfter({ pairedAt: now + 1 })).toBeNull();
    expect(backupAfter({ pairedAt: now, restored: mark })).toBeNull();
  });

  it('of before a scan are forgotten with it', () => {
    const { record } = run(
      { name: 'pairing' },
      [{ type: 'authenticated' }],
      context({ backup: mark, rejected: ['b0'], epoch: 7 }),
    );
    expect(record).toMatchObject({ login: 'unsettled', backup: null, rejected: ['b0'], pairedEpoch: 7 });
  });
});

describe('faults', () => {
  it.each([
    ['the browser was killed', { type: 'gone', cause: 'browser_crash', detail: '' }],
    ['the renderer died', { type: 'gone', cause: 'renderer_crash', detail: '' }],
    ['the host died', { type: 'gone', cause: 'host_exit', detail: '' }],
    ['the page hangs', { type: 'probed', kind: 'watchdog', health: 'silent' }],
  ] as const)('restarts at once when %s after ten good minutes', (_what, event) => {
    const { state } = run(online, [event], context(running));
    expect(state).toMatchObject({ name: 'stopping', next: { to: 'claiming' } });
  });

  it('rests before the next restart of a session that keeps dying', () => {
    const starts = [
      { at: now - 5 * minute, onlineAt: now - 4 * minute, faultAt: now - 2 * minute },
      { at: now - 2 * minute, onlineAt: now - minute, faultAt: null },
    ];
    const { state } = run(
      online,
      [{ type: 'gone', cause: 'browser_crash', detail: '' }],
      context({ starts, login: 'settled' }),
    );
    expect(state).toMatchObject({ name: 'stopping', next: { to: 'resting', delay: 1000 } });
  });

  it('waits out a page that loads anew, and the wait ends', () => {
    const suspect = run(online, [{ type: 'navigating' }], context(running));
    expect(suspect.state).toEqual({ name: 'suspect', cause: 'navigation', failed: false });
    expect(run(suspect.state, [{ type: 'ready', account }], context(running)).state.name).toBe('online');
    expect(run(suspect.state, [{ type: 'timeout' }], context(running)).state.name).toBe('stopping');
  });

  it('believes a probe, not an event, when the connection is back', () => {
    const offline = run(online, [{ type: 'socket', state: 'down' }], context(running));
    const back = run(offline.state, [{ type: 'socket', state: 'up' }], context(running));
    expect(back.state.name).toBe('suspect');
    expect(back.effects).toEqual(['probe']);
    expect(
      run(back.state, [{ type: 'probed', kind: 'watchdog', health: 'healthy' }], context(running)).state.name,
    ).toBe('online');
  });

  it('lets the watchdog decide when another probe notices something', () => {
    const { state, effects } = run(
      online,
      [{ type: 'probed', kind: 'activity', health: 'silent' }],
      context(running),
    );
    expect(state.name).toBe('online');
    expect(effects).toEqual(['probe']);
  });

  it('does not count a profile that is in use as a failed start', () => {
    const { state, record } = run(stopped, [
      { type: 'start' },
      { type: 'claimed', epoch: 1 },
      { type: 'prepare_failed', cause: 'profile_in_use', detail: '' },
    ]);
    expect(state).toMatchObject({ name: 'stopping', next: { to: 'resting', cause: 'profile_in_use' } });
    expect(record.starts).toEqual([]);
  });

  it('spends no budget on a network that is away, and looks again soon', () => {
    const from: State = { name: 'launching', cause: null };
    const { state, record } = run(
      from,
      [{ type: 'gone', cause: 'unreachable', detail: '' }],
      context(running),
    );
    expect(state).toMatchObject({ next: { to: 'resting', cause: 'unreachable', delay: 20_000 } });
    expect(record.starts).toEqual([]);
  });

  it('is not misled by a conflict that a wrong clock has dated ahead', () => {
    const record = { ...running, conflictAt: now + 24 * 60 * minute };
    const { state } = run(online, [{ type: 'gone', cause: 'conflict', detail: '' }], context(record));
    expect(state).toMatchObject({ next: { to: 'resting' } });
  });

  it('takes the device back once, then leaves it to a person', () => {
    const first = run(online, [{ type: 'gone', cause: 'conflict', detail: '' }], context(running));
    expect(first.state).toMatchObject({ next: { to: 'resting', delay: defaultPolicy.conflictRest } });
    const second = run(
      online,
      [{ type: 'gone', cause: 'conflict', detail: '' }, { type: 'closed' }],
      context(first.record),
    );
    expect(second.state).toEqual({ name: 'failed', reason: 'conflict' });
  });
});

describe('a person’s word', () => {
  it('stops from anywhere by way of a close', () => {
    const { state, record } = run(online, [{ type: 'stop' }, { type: 'closed' }], context(running));
    expect(state.name).toBe('stopped');
    expect(record.wanted).toBe('stopped');
  });

  it('keeps a session wanted through a shutdown of the daemon', () => {
    const { state, record } = run(online, [{ type: 'drain' }, { type: 'closed' }], context(running));
    expect(state.name).toBe('stopped');
    expect(record.wanted).toBe('online');
  });

  it('turns a stop into a start while it is still closing', () => {
    const { state } = run(
      online,
      [{ type: 'stop' }, { type: 'start' }, { type: 'closed' }],
      context(running),
    );
    expect(state.name).toBe('claiming');
  });

  it('ends a logout with the profile forfeited and the session stopped', () => {
    const { state, record, effects } = run(
      online,
      [{ type: 'logout' }, { type: 'unlinked' }, { type: 'closed' }, { type: 'quarantined' }],
      context(running),
    );
    expect(state.name).toBe('stopped');
    expect(record).toMatchObject({ wanted: 'stopped', login: 'none', forfeited: false });
    expect(effects).toEqual(['unlink', 'close', 'quarantine']);
  });
});

/** Every word of a union; one that is missing, or is none of it, does not compile. */
function everyOf<Word extends string>(words: Readonly<Record<Word, true>>): readonly Word[] {
  return Object.keys(words) as Word[];
}

describe('whatever happens in whatever order', () => {
  const causes = everyOf<GoneCause | 'host_exit'>({
    browser_crash: true,
    renderer_crash: true,
    launch_failed: true,
    profile_in_use: true,
    unreachable: true,
    boot_failed: true,
    conflict: true,
    version_too_old: true,
    banned: true,
    proxy_blocked: true,
    refused: true,
    engine_error: true,
    bot_error: true,
    host_exit: true,
  });
  const faults = everyOf<FaultCause>({
    browser_crash: true,
    renderer_crash: true,
    launch_failed: true,
    profile_in_use: true,
    unreachable: true,
    boot_failed: true,
    conflict: true,
    version_too_old: true,
    proxy_blocked: true,
    refused: true,
    engine_error: true,
    bot_error: true,
    host_exit: true,
    hang: true,
    offline: true,
    bridge_lost: true,
    navigation: true,
    never_ready: true,
    profile_unready: true,
    ownership: true,
    vault_owned: true,
    bot_restart: true,
    profile_damaged: true,
    profile_too_new: true,
    profile_unverifiable: true,
    login_refused: true,
    vault_unreachable: true,
    backups_missing: true,
    key_missing: true,
  });
  const healths = everyOf<Health>({
    healthy: true,
    navigating: true,
    silent: true,
    offline: true,
    bridge_lost: true,
    conflict: true,
    unlinked: true,
  });
  const kinds = everyOf<ProbeKind>({ heartbeat: true, watchdog: true, activity: true });
  const sockets = everyOf<SocketState>({
    up: true,
    down: true,
    unpaired: true,
    pairing: true,
    conflict: true,
  });
  const wishes = everyOf<BotWish>({ start: true, stop: true, logout: true });
  const alone = <E extends EventType>(type: E) => fc.constant({ type });
  const detail = 'why';

  /** One for every event of the machine; a new one does not compile until it is here. */
  const events: { readonly [E in EventType]: fc.Arbitrary<Extract<SessionEvent, { type: E }>> } = {
    start: alone('start'),
    stop: alone('stop'),
    restart: alone('restart'),
    pair: alone('pair'),
    logout: alone('logout'),
    drain: alone('drain'),
    claimed: fc.nat(9).map((epoch) => ({ type: 'claimed', epoch })),
    ownership_lost: fc
      .constantFrom<LossCause>('ownership', 'vault_owned')
      .map((cause) => ({ type: 'ownership_lost', cause })),
    prepared: fc
      .constantFrom<Prepared>(
        { profile: 'fresh' },
        { profile: 'sound', evidence },
        { profile: 'unsound', problem: '' },
      )
      .map((found) => ({ type: 'prepared', found })),
    restore: fc.constantFrom('b1', 'b2').map((backup) => ({ type: 'restore', backup })),
    restored: fc.constantFrom('b1', 'b2').map((id) => ({
      type: 'restored',
      backup: { id, at: '2026-01-01T00:00:00.000Z' },
      evidence,
      quarantined: null,
    })),
    progressed: alone('progressed'),
    restore_impossible: fc.constant({ type: 'restore_impossible', detail }),
    restore_failed: fc.constantFrom(...faults).map((cause) => ({ type: 'restore_failed', cause, detail })),
    backed_up: fc.constantFrom(null, now).map((pairedAt) => ({
      type: 'backed_up',
      backup: { id: 'b', at: '' },
      demoted: pairedAt === null,
      evidence,
      of: { pairedAt, restored: null },
    })),
    backup_failed: fc.constant({ type: 'backup_failed', detail }),
    prepare_failed: fc.constantFrom(...faults).map((cause) => ({ type: 'prepare_failed', cause, detail })),
    unlinked: alone('unlinked'),
    closed: alone('closed'),
    quarantined: alone('quarantined'),
    quarantine_failed: fc.constant({ type: 'quarantine_failed', detail }),
    pairing_offered: alone('pairing_offered'),
    pairing_idle: alone('pairing_idle'),
    authenticated: alone('authenticated'),
    loading: alone('loading'),
    ready: fc.constant({ type: 'ready', account }),
    socket: fc.constantFrom(...sockets).map((state) => ({ type: 'socket', state })),
    navigating: alone('navigating'),
    logged_out: alone('logged_out'),
    gone: fc.constantFrom(...causes).map((cause) => ({ type: 'gone', cause, detail })),
    probed: fc
      .tuple(fc.constantFrom(...kinds), fc.constantFrom(...healths))
      .map(([kind, health]) => ({ type: 'probed', kind, health })),
    bot_asked: fc.constantFrom(...wishes).map((wish) => ({ type: 'bot_asked', wish })),
    timeout: alone('timeout'),
  };
  const { start, claimed, prepared, ready, closed, ...others } = events;
  const anyEvent: fc.Arbitrary<SessionEvent> = fc.oneof(
    // Often enough that most runs get as far as a browser, and past its end.
    ...[start, claimed, prepared, ready].map((arbitrary) => ({ weight: 4, arbitrary })),
    { weight: 10, arbitrary: closed },
    ...Object.values(others).map((arbitrary) => ({ weight: 1, arbitrary })),
  );
  const byPerson: ReadonlySet<string> = new Set(['start', 'stop', 'restart', 'pair', 'restore']);
  const transient: ReadonlySet<string> = new Set([
    ...causes.filter((cause) => !['banned', 'conflict', 'bot_error'].includes(cause)),
  ]);

  it('runs one engine at most, only on a prepared profile, and always ends what it stops', () => {
    fc.assert(
      fc.property(fc.array(anyEvent, { maxLength: 120, size: 'max' }), (happened) => {
        let state: State = stopped;
        let { record } = context();
        let engine = false;
        let closing = false;
        let owned = false;
        let at = now;
        for (const event of happened) {
          // `closed` is what a close comes to; nothing else says it.
          if (event.type === 'closed' && !closing) continue;
          at += 1_000;
          const before = state;
          const outcome = transition(state, event, { ...context(record), now: at });
          ({ state, record } = outcome);
          if (event.type === 'closed') {
            closing = false;
            engine = false;
          }
          if (event.type === 'claimed' && before.name === 'claiming') owned = true;
          if (event.type === 'ownership_lost') owned = false;
          for (const effect of outcome.effects) {
            if (effect.type === 'launch') {
              expect(owned).toBe(true);
              expect(engine).toBe(false);
              expect(closing).toBe(false);
              expect(before.name).toBe('preparing');
              if (event.type === 'prepared' && context(record).record.login === 'settled')
                expect(event.found.profile).not.toBe('unsound');
              expect(record.dueRestore).toBeNull();
              expect(record.forfeited).toBe(false);
              engine = true;
            }
            if (effect.type === 'close') {
              expect(closing).toBe(false);
              closing = true;
            }
            if (effect.type === 'quarantine') expect(engine).toBe(false);
          }
          expect(state.name === 'stopping').toBe(closing);
          if (engine)
            expect(['launching', 'pairing', 'syncing', 'sealing', 'online', 'suspect', 'stopping']).toContain(
              state.name,
            );
          if (before.name === 'failed' && state.name !== 'failed')
            expect(byPerson.has(event.type)).toBe(true);
          if (event.type === 'gone' && transient.has(event.cause))
            expect(
              state.name === 'stopping' && state.next.to === 'failed' && before.name !== 'stopping',
            ).toBe(false);
          // The right to run it is given back at rest.
          if (isAtRest(state)) owned = false;
          // A reason on the disk is the reason that is shown, and is there as long as it is.
          const failing = state.name === 'stopping' && state.next.to === 'failed' ? state.next : state;
          expect(record.failure).toBe('reason' in failing ? failing.reason : null);
        }
        if (closing)
          expect(transition(state, { type: 'closed' }, { ...context(record), now: at }).state.name).not.toBe(
            'stopping',
          );
      }),
      { numRuns: 2_000 },
    );
  });
});
