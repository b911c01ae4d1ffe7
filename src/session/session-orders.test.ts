/** The real runner, its mailbox and its effects, driven through random orders of everything that can happen. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { settle } from '../../test/doubles/fake-clock.ts';
import { Gate } from '../../test/doubles/gate.ts';
import { healthy, type ScriptedHost } from '../../test/doubles/scripted-hosts.ts';
import { account, SessionWorld } from '../../test/doubles/session-world.ts';
import type { EngineEvent, SocketState } from '../engine/engine.ts';
import { Session } from './session.ts';
import { isAtRest } from './state.ts';

const minute = 60_000;

const gateNames = ['preparing', 'findingBrowser', 'fetching', 'swapping', 'closing', 'writing'] as const;
type GateName = (typeof gateNames)[number];

type Deed =
  | { readonly do: 'tell'; readonly event: 'start' | 'stop' | 'restart' | 'pair' | 'logout' | 'drain' }
  | { readonly do: 'restore'; readonly backup: string }
  /** An engine says something: the newest one, or one before it. */
  | { readonly do: 'say'; readonly event: EngineEvent; readonly before: number; readonly settled: boolean }
  /** A phone scans the QR, and the login works. */
  | { readonly do: 'link' }
  | { readonly do: 'die' }
  /** A backup that is being fetched has come further. */
  | { readonly do: 'arrive' }
  | { readonly do: 'lose the right' }
  | {
      readonly do: 'answer';
      readonly page: 'answers' | 'silent' | 'navigating';
      readonly socket: SocketState;
    }
  | { readonly do: 'shut' | 'open'; readonly gate: GateName }
  | { readonly do: 'let time pass'; readonly ms: number };

const said: readonly EngineEvent[] = [
  { type: 'browser', pid: 43, version: '150.0.0.0' },
  { type: 'qr', qr: 'one' },
  { type: 'code', code: 'ABCDEFGH' },
  { type: 'pairing_idle' },
  { type: 'authenticated' },
  { type: 'loading', percent: 50 },
  { type: 'socket', state: 'down' },
  { type: 'socket', state: 'up' },
  { type: 'navigating' },
  { type: 'logged_out' },
  { type: 'gone', cause: 'browser_crash', detail: '' },
  { type: 'gone', cause: 'unreachable', detail: '' },
  { type: 'gone', cause: 'conflict', detail: '' },
  { type: 'gone', cause: 'banned', detail: '' },
  { type: 'gone', cause: 'profile_in_use', detail: '' },
];
/** What leads on; without enough of it no run would get far. */
const forward: readonly EngineEvent[] = [
  { type: 'qr', qr: 'one' },
  { type: 'authenticated' },
  { type: 'ready', account, webVersion: null },
];
/** What leads out of `online` and may pass. */
const trouble: readonly EngineEvent[] = [{ type: 'navigating' }, { type: 'socket', state: 'down' }];

const anyDeed: fc.Arbitrary<Deed> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('tell' as const),
      event: fc.constantFrom('start', 'stop', 'restart', 'pair', 'logout', 'drain'),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('say' as const),
      event: fc.oneof(...[forward, trouble, said].map((events) => fc.constantFrom(...events))),
      before: fc.constantFrom(0, 0, 0, 0, 0, 0, 1, 2),
      settled: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('restore' as const),
      backup: fc.constantFrom('main-1', 'main-2', 'main-none'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Deed>(
      { do: 'link' },
      { do: 'die' },
      { do: 'arrive' },
      { do: 'lose the right' },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('answer' as const),
      page: fc.constantFrom('answers', 'silent', 'navigating'),
      socket: fc.constantFrom<SocketState>('up', 'down', 'conflict', 'unpaired'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('shut' as const, 'open' as const),
      gate: fc.constantFrom(...gateNames),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('let time pass' as const),
      ms: fc.constantFrom(0, 0, 100, 5_000, 20_000, minute, 10 * minute),
    }),
  },
);

function scene(paired: boolean) {
  const world = new SessionWorld();
  const record = world.paired('main', paired ? {} : { login: 'none' });
  if (!paired) world.profiled.delete(record.id);
  const session = new Session(record, world.portsFor(record.id));
  const closing = new Gate();
  let answer = healthy;
  world.hosts.onLaunch = (host: ScriptedHost) => {
    host.closeGate = closing.passage;
    host.answer = answer;
    // Even of a profile that was empty: the browser makes one.
    world.profiled.add(record.id);
  };
  world.vault.push('main-2', 'main-1');
  const { preparing, findingBrowser, fetching, swapping, writing } = world;
  const gates = { preparing, findingBrowser, fetching, swapping, writing, closing };
  const restores: { readonly of: string; heard: string }[] = [];

  const happens = async (deed: Deed) => {
    const host = (before = 0) => world.hosts.launched.at(-1 - before);
    switch (deed.do) {
      case 'tell':
        // An unlink may be refused; what it comes to is not this test's subject.
        if (deed.event === 'logout') session.unlink().catch(() => {});
        else session.post({ type: deed.event });
        return;
      case 'restore': {
        const asked = { of: deed.backup, heard: '' };
        restores.push(asked);
        session.restore(deed.backup).then(
          ({ backup }) => (asked.heard = `backup ${backup.id}`),
          (error: unknown) => (asked.heard = String(error)),
        );
        return;
      }
      case 'say': {
        if (deed.before === 0 || !host(deed.before)) {
          host()?.say(deed.event);
          return;
        }
        await settle();
        const { state } = session;
        host(deed.before)?.say(deed.event);
        await settle();
        expect(session.state, 'what an abandoned host says counts for nothing').toBe(state);
        return;
      }
      case 'link':
        for (const event of forward) {
          host()?.say(event);
          await settle();
        }
        return;
      case 'die':
        host()?.die();
        return;
      case 'arrive':
        world.arrived();
        return;
      case 'lose the right':
        world.loseRight(record.id);
        return;
      case 'answer':
        answer = { ...healthy, page: deed.page, socket: deed.socket };
        for (const one of world.hosts.launched) one.answer = answer;
        return;
      case 'shut':
        gates[deed.gate].shut();
        for (const one of world.hosts.launched) if (!one.ended) one.closeGate = closing.passage;
        return;
      case 'open':
        gates[deed.gate].open();
        return;
      case 'let time pass':
        await world.clock.advance(deed.ms);
        return;
    }
  };
  const openAll = () => {
    for (const gate of Object.values(gates)) gate.open();
  };
  return { world, session, happens, openAll, restores };
}

/** When it went on although its browser still ran. A close that hangs is waited for this long. */
function wentOnTooEarly(session: Session, world: SessionWorld): readonly number[] {
  const tooEarly: number[] = [];
  const closingSince = new Map<ScriptedHost, number>();
  session.onNotice(() => {
    const now = world.clock.monotonic();
    const host = world.hosts.launched.find(({ ended }) => !ended);
    if (!host) return;
    const since = closingSince.get(host);
    if (session.state.name === 'stopping') closingSince.set(host, since ?? now);
    else if (since !== undefined && now - since < 30_000) tooEarly.push(now);
  });
  return tooEarly;
}

describe('a session, whatever happens in whatever order', () => {
  it('runs one browser at most, closes one at a time, and stops when it is told to', async () => {
    const reached = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(anyDeed, { maxLength: 60, size: 'max' }),
        async (paired, deeds) => {
          const { world, session, happens, openAll, restores } = scene(paired);
          session.onNotice(() => void reached.add(session.state.name));
          const tooEarly = wentOnTooEarly(session, world);
          session.post({ type: 'start' });
          for (const deed of deeds) {
            await happens(deed);
            // The rest meets a step that has not ended.
            if (deed.do === 'say' && deed.settled) await settle();
            expect(world.hosts.mostAtOnce).toBeLessThanOrEqual(1);
            expect(world.hosts.closings.most).toBeLessThanOrEqual(1);
            expect(tooEarly).toEqual([]);
          }
          openAll();
          session.post({ type: 'stop' });
          await world.clock.advance(10 * minute);
          expect(isAtRest(session.state), session.state.name).toBe(true);
          expect(session.atRest).toBe(true);
          expect(world.hosts.running).toBe(0);
          expect(session.record.wanted).toBe('stopped');
          // Everybody hears, of the very backup that was asked for or of what kept its profile from being prepared.
          for (const { of, heard } of restores)
            expect(heard).toMatch(new RegExp(`backup ${of}\\b|A browser runs|Writing the record`, 'i'));
          expect(session.record.dueRestore?.why).not.toBe('person');
          expect(world.disk.get(session.id)?.wanted).toBe('stopped');
          expect(session.record.failure).toBe(session.state.name === 'failed' ? session.state.reason : null);
          // Nothing starts by itself any more.
          const { name } = session.state;
          const launches = world.hosts.launched.length;
          await world.clock.advance(60 * minute);
          expect(session.state.name).toBe(name);
          expect(world.hosts.launched).toHaveLength(launches);
          expect(world.hosts.mostAtOnce).toBeLessThanOrEqual(1);
          expect(world.hosts.closings).toMatchObject({ now: 0 });
          expect(world.lines.filter((line) => line.includes('A step of the session failed'))).toEqual([]);
        },
      ),
      { numRuns: 200 },
    );
    // The orders get everywhere, or they would show nothing.
    expect([...reached]).toEqual(
      expect.arrayContaining([
        'claiming',
        'preparing',
        'launching',
        'pairing',
        'syncing',
        'sealing',
        'online',
        'suspect',
        'resting',
        'stopping',
        'stopped',
        'failed',
      ]),
    );
  });
});
