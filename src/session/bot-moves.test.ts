import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { GoneCause } from '../engine/engine.ts';
import { botLimit, botWindow } from './bot-policy.ts';
import { sessionId } from './id.ts';
import type { Context } from './moves.ts';
import { defaultPolicy } from './policy.ts';
import { newRecord, type SessionRecord } from './record.ts';
import type { Effect, SessionEvent, State } from './state.ts';
import { transition } from './transition.ts';

const start = Date.UTC(2026, 0, 1, 12);
const minute = 60_000;
const account = { phone: '4915100000000', name: 'Shop', platform: 'android' };
const evidence = { loginKeys: ['last-wid-md'], databases: [] };

const gone = (cause: GoneCause): SessionEvent => ({ type: 'gone', cause, detail: '' });
const botFault = gone('bot_error');
const sound: SessionEvent = { type: 'prepared', found: { profile: 'sound', evidence } };
const fresh: SessionEvent = { type: 'prepared', found: { profile: 'fresh' } };
const claimed: SessionEvent = { type: 'claimed', epoch: 1 };
const closed: SessionEvent = { type: 'closed' };
const ready: SessionEvent = { type: 'ready', account };
const asks = (wish: 'start' | 'stop' | 'logout'): SessionEvent => ({ type: 'bot_asked', wish });

/** A session that is taken through events by a test, with its clock. */
class Life {
  state: State = { name: 'stopped' };
  record: SessionRecord;
  now = start;
  readonly effects: Effect[] = [];

  constructor(record: Partial<SessionRecord> = {}) {
    const fresh = newRecord(sessionId('main'), start - 60 * minute);
    this.record = { ...fresh, login: 'settled', evidence, ...record };
  }

  take(...events: readonly SessionEvent[]): this {
    for (const event of events) {
      const context: Context = { record: this.record, policy: defaultPolicy, now: this.now, random: 0.5 };
      const outcome = transition(this.state, event, context);
      this.state = outcome.state;
      this.record = outcome.record;
      this.effects.push(...outcome.effects);
    }
    return this;
  }

  /** Waits out whatever the session waits for by itself. */
  rest(): this {
    if (this.state.name !== 'resting') return this;
    this.now = this.state.until;
    return this.take({ type: 'timeout' });
  }

  launched(): this {
    return this.rest().take({ type: 'start' }, claimed, sound);
  }

  online(): this {
    return this.launched().take(ready);
  }

  get hasFailed(): boolean {
    return this.state.name === 'failed';
  }

  did(): readonly string[] {
    return this.effects.map(({ type }) => type);
  }
}

const failed = { name: 'failed', reason: 'bot_error' } as const;

describe('a bot that fails', () => {
  it('is tried again after a rest that grows, and left to a person the fifth time', () => {
    const life = new Life();
    const rests: number[] = [];
    for (let time = 1; time < botLimit; time++) {
      life.launched().take(botFault, closed);
      if (life.state.name !== 'resting') throw new Error(`it is ${life.state.name}`);
      expect(life.state.cause).toBe('bot_error');
      rests.push(life.state.until - life.now);
    }
    expect(rests).toEqual([1_750, 5_250, 15_750, 47_250]);
    life.launched().take(botFault, closed);
    expect(life.state).toEqual(failed);
    expect(life.record.failure).toBe('bot_error');
  });

  it('touches neither profile nor backups, and no budget of the engine', () => {
    const before = [{ at: start - 30 * minute, onlineAt: start - 29 * minute, faultAt: null }];
    const life = new Life({ starts: before });
    for (let time = 1; time <= botLimit; time++) life.launched().take(botFault, closed);
    expect(life.state).toEqual(failed);
    expect(life.record).toMatchObject({ starts: before, login: 'settled', forfeited: false });
    expect(life.record).toMatchObject({ dueRestore: null, rejected: [], rolledBack: false });
    expect(life.did()).not.toContain('restore');
    expect(life.did()).not.toContain('quarantine');
  });

  it('has its whole budget again once a person starts it', () => {
    const life = new Life();
    for (let time = 1; time <= botLimit; time++) life.launched().take(botFault, closed);
    life.launched().take(botFault, closed);
    expect(life.state).toMatchObject({ name: 'resting', cause: 'bot_error' });
  });

  it('is forgiven what is longer ago than its window', () => {
    const life = new Life();
    for (let time = 1; time < botLimit; time++) life.launched().take(botFault, closed);
    life.online();
    life.now += botWindow;
    life.take(botFault, closed);
    expect(life.state).toMatchObject({ name: 'resting' });
    expect(life.record.botFaults).toEqual([life.now]);
  });

  it.each(['launching', 'pairing', 'syncing', 'sealing', 'online', 'suspect'] as const)(
    'is closed cleanly while the session is %s',
    (name) => {
      const states: Readonly<Record<typeof name, State>> = {
        launching: { name: 'launching', cause: null },
        pairing: { name: 'pairing' },
        syncing: { name: 'syncing', scanned: true, cause: null, since: start },
        sealing: { name: 'sealing' },
        online: { name: 'online' },
        suspect: { name: 'suspect', cause: 'offline', failed: true },
      };
      const life = new Life();
      life.state = states[name];
      life.take(botFault);
      expect(life.state).toMatchObject({ name: 'stopping', next: { to: 'resting', cause: 'bot_error' } });
      expect(life.did()).toEqual(['incident', 'close']);
    },
  );

  it('while a new login is being sealed costs no second scan', () => {
    const life = new Life({ login: 'none', evidence: null });
    life.take({ type: 'start' }, claimed, fresh, { type: 'pairing_offered' }, { type: 'authenticated' });
    life.take(ready);
    expect(life.state.name).toBe('sealing');
    life.take(botFault, closed);
    expect(life.record.login).toBe('unsettled');
    life.online();
    expect(life.state.name).toBe('online');
    expect(life.record.login).toBe('settled');
  });

  it('is not what ends a session that the engine fails, nor the other way round', () => {
    const crash = gone('browser_crash');
    const random = fc.array(fc.tuple(fc.boolean(), fc.nat(4 * minute), fc.boolean()), { maxLength: 40 });
    fc.assert(
      fc.property(random, (faults) => {
        const life = new Life();
        const own: number[] = [];
        for (const [isBots, later, wasOnline] of faults) {
          if (life.hasFailed) break;
          life.launched();
          if (wasOnline) life.take(ready);
          life.now += later;
          const { starts, botFaults } = life.record;
          life.take(isBots ? botFault : crash, closed);
          if (isBots) {
            own.push(life.now);
            const counted = (all: typeof starts) => all.filter(({ faultAt }) => faultAt !== null);
            expect(counted(life.record.starts)).toEqual(counted(starts));
          } else expect(life.record.botFaults).toEqual(botFaults);
          const recent = own.filter((at) => life.now - at < botWindow).length;
          expect(life.hasFailed).toBe(isBots && recent >= botLimit);
          expect(life.did()).not.toContain('restore');
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('what a bot asks for', () => {
  it('is a stop by destroy(), which holds from the end of the browser on', () => {
    const life = new Life().online().take(asks('stop'));
    expect(life.state).toEqual({ name: 'stopping', next: { to: 'stopped', by: 'bot' } });
    expect(life.record.wanted).toBe('online');
    life.take(closed);
    expect(life.state).toEqual({ name: 'stopped' });
    expect(life.record.wanted).toBe('stopped');
  });

  it('is a restart by destroy() and then initialize()', () => {
    const life = new Life().online().take(asks('stop'), asks('start'), closed);
    expect(life.state).toEqual({ name: 'claiming', cause: null });
    expect(life.record).toMatchObject({ wanted: 'online', restarts: 0, botFaults: [] });
  });

  it('rests before the fourth restart within ten minutes', () => {
    const life = new Life();
    const restarts = [1, 2, 3, 4].map(() => {
      life.online().take(asks('stop'), asks('start'), closed);
      return life.state.name;
    });
    expect(restarts).toEqual(['claiming', 'claiming', 'claiming', 'resting']);
    expect(life.state).toMatchObject({ cause: 'bot_restart' });
  });

  it('by initialize() alone is what goes on anyway', () => {
    for (const life of [new Life().launched(), new Life().online()]) {
      const before = life.state;
      expect(life.take(asks('start')).state).toEqual(before);
    }
  });

  it('is an unlinking by logout(), while there is something to unlink', () => {
    const unlinked = new Life().online().take(asks('logout'), { type: 'unlinked' }, closed);
    expect(unlinked.state).toEqual({ name: 'stopped' });
    expect(unlinked.record).toMatchObject({ wanted: 'stopped', forfeited: true, login: 'none' });
    expect(new Life().launched().take(asks('logout')).did()).not.toContain('unlink');
  });

  it('does not undo what a person has said meanwhile', () => {
    const life = new Life().online().take(asks('stop'), { type: 'stop' }, asks('start'), closed);
    expect(life.state).toEqual({ name: 'stopped' });
    expect(life.record.wanted).toBe('stopped');
  });

  it('does not bring a session back that the daemon is closing for its own end', () => {
    const life = new Life().online().take({ type: 'drain' }, asks('start'), closed);
    expect(life.state).toEqual({ name: 'stopped' });
    expect(life.record.wanted).toBe('online');
  });

  it.each([
    ['a logout', { type: 'logged_out' }, 'failed'],
    ['a conflict', gone('conflict'), 'resting'],
    ['a fault of its own', botFault, 'resting'],
  ] as const)('neither ends nor shortens what follows %s', (_what, event, name) => {
    for (const wish of ['start', 'stop', 'logout'] as const) {
      const life = new Life().online().take(event, asks(wish), closed, asks(wish));
      expect(life.state.name).toBe(name);
      expect(life.record.wanted).toBe('online');
    }
  });
});
