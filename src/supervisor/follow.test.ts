import { describe, expect, it } from 'vitest';
import { settle } from '../../test/doubles/fake-clock.ts';
import { Supervised, standing } from '../../test/doubles/supervised.ts';
import { sessionId } from '../session/id.ts';
import type { SessionNotice } from '../session/session-view.ts';

const main = sessionId('main');

/** What a reader has read so far; `ended` once there is no more. */
function reader(supervisor: Supervised['supervisor'], signal: AbortSignal) {
  const read = { notices: [] as SessionNotice[], ended: false };
  void (async () => {
    for await (const notice of supervisor.follow(main, signal)) read.notices.push(notice);
    read.ended = true;
  })();
  return read;
}

const events = (notices: readonly SessionNotice[]) =>
  notices.map((notice) => (notice.event === 'status' ? notice.session.state : notice.event));

/** Everything that waits for a reader who has read nothing until now. */
async function rest(follower: AsyncIterator<SessionNotice>, last: (notice: SessionNotice) => boolean) {
  const notices: SessionNotice[] = [];
  for (;;) {
    const { value, done } = await follower.next();
    if (done) return notices;
    notices.push(value);
    if (last(value)) return notices;
  }
}

describe('following a session', () => {
  it('begins with where it stands: a status, and ready where it is online', async () => {
    const on = new Supervised();
    await on.online('main');
    const read = reader(on.supervisor, new AbortController().signal);
    await settle();
    expect(events(read.notices)).toEqual(['online', 'ready']);
  });

  it('begins with what there is to scan and to type', async () => {
    const { world, supervisor } = new Supervised();
    await supervisor.pair(main, { phone: '4915100000000' });
    await settle();
    world.hosts.last.say({ type: 'qr', qr: 'one' });
    world.hosts.last.say({ type: 'code', code: 'ABCDEFGH' });
    await settle();
    const read = reader(supervisor, new AbortController().signal);
    await settle();
    expect(events(read.notices)).toEqual(['pairing', 'qr', 'code']);
    expect(read.notices).toContainEqual({ event: 'qr', qr: 'one' });
  });

  it('tells everything in the order in which it happens', async () => {
    const on = new Supervised();
    await on.supervisor.pair(main, { phone: null });
    const read = reader(on.supervisor, new AbortController().signal);
    await settle();
    for (const qr of ['one', 'two']) {
      on.world.hosts.last.say({ type: 'qr', qr });
      await settle();
    }
    on.world.hosts.last.say({ type: 'authenticated' });
    await settle();
    await on.ready('main');
    await on.world.clock.advance(10_000);
    on.world.profiled.add(main);
    await on.ready('main');
    const told = events(read.notices);
    expect(told.filter((event) => event !== 'claiming' && event !== 'preparing')).toEqual([
      'launching',
      'pairing',
      'qr',
      'qr',
      'syncing',
      'authenticated',
      'sealing',
      'stopping',
      'launching',
      'online',
      'ready',
    ]);
  });

  it('lets a slow reader miss statuses, and neither the rest nor the newest', async () => {
    const { world, supervisor } = new Supervised();
    await supervisor.pair(main, { phone: null });
    await settle();
    const follower = supervisor.follow(main, new AbortController().signal)[Symbol.asyncIterator]();
    await follower.next();
    for (let number = 1; number <= 20; number++) {
      world.hosts.last.say({ type: 'qr', qr: `qr ${number}` });
      await settle();
      for (let change = 0; change < 30; change++)
        await supervisor.configure(main, { heartbeat: 1_000 * number });
    }
    await supervisor.configure(main, { presence: false });
    world.hosts.last.say({ type: 'code', code: 'LASTWORD' });
    await settle();
    const read = await rest(follower, (notice) => notice.event === 'code');
    expect(read.flatMap((notice) => (notice.event === 'qr' ? notice.qr : []))).toEqual(
      Array.from({ length: 20 }, (_, index) => `qr ${index + 1}`),
    );
    expect(read.length).toBeLessThanOrEqual(256);
    expect(read.findLast((notice) => notice.event === 'status')).toMatchObject({
      session: { state: 'pairing' },
    });
  });

  it('lets a slow reader miss old QRs where no status is left, and never the newest of anything', async () => {
    const { world, supervisor } = new Supervised();
    await supervisor.pair(main, { phone: null });
    await settle();
    const follower = supervisor.follow(main, new AbortController().signal)[Symbol.asyncIterator]();
    await follower.next();
    world.hosts.last.say({ type: 'code', code: 'FIRSTONE' });
    await settle();
    for (let number = 1; number <= 300; number++) {
      world.hosts.last.say({ type: 'qr', qr: `qr ${number}` });
      await settle();
    }
    world.hosts.last.say({ type: 'authenticated' });
    await settle();
    const read = await rest(follower, (notice) => notice.event === 'authenticated');
    expect(read.length).toBeLessThanOrEqual(256);
    expect(read).toContainEqual({ event: 'code', code: 'FIRSTONE' });
    expect(read.findLast((notice) => notice.event === 'status')).toMatchObject({
      session: { state: 'syncing' },
    });
    const numbers = read.flatMap((notice) => (notice.event === 'qr' ? Number(notice.qr.slice(3)) : []));
    expect(numbers.at(-1)).toBe(300);
    expect(numbers).toEqual(numbers.map((_, index) => 300 - numbers.length + 1 + index));
  });

  it('ends at once when a reader who waits has had enough', async () => {
    const on = new Supervised();
    await on.online('main');
    const follower = on.supervisor.follow(main, new AbortController().signal)[Symbol.asyncIterator]();
    await follower.next();
    await follower.next();
    const waiting = follower.next();
    const returned = follower.return?.();
    await settle();
    expect(await standing(Promise.all([waiting, returned]))).toBe('resolved');
    expect(await waiting).toEqual({ done: true, value: undefined });
    await on.supervisor.restart(main);
    expect(await follower.next()).toEqual({ done: true, value: undefined });
  });

  it('is over at once for a reader who was gone before it began', async () => {
    const on = new Supervised();
    await on.online('main');
    const gone = AbortSignal.abort(new Error('closed the page'));
    const follower = on.supervisor.follow(main, gone)[Symbol.asyncIterator]();
    expect(await follower.next()).toEqual({ done: true, value: undefined });
    expect(await follower.return?.()).toEqual({ done: true, value: undefined });
  });

  it('ends when its reader goes, and nothing is kept for it', async () => {
    const on = new Supervised();
    await on.online('main');
    const gone = new AbortController();
    const read = reader(on.supervisor, gone.signal);
    await settle();
    gone.abort(new Error('closed the page'));
    await settle();
    expect(read.ended).toBe(true);
    const before = read.notices.length;
    await on.supervisor.restart(main);
    await settle();
    expect(read.notices).toHaveLength(before);
  });

  it('ends with the daemon', async () => {
    const on = new Supervised();
    await on.online('main');
    on.world.hosts.last.closeGate = new Promise(() => {});
    const read = reader(on.supervisor, new AbortController().signal);
    await settle();
    void on.supervisor.drain(1_000);
    await settle();
    expect(read.ended).toBe(true);
    await on.world.clock.advance(10_000);
  });

  it('by several readers tells each of them all', async () => {
    const on = new Supervised();
    await on.online('main');
    const slow = on.supervisor.follow(main, new AbortController().signal)[Symbol.asyncIterator]();
    await slow.next();
    const read = reader(on.supervisor, new AbortController().signal);
    await settle();
    await on.supervisor.stop(main);
    await settle();
    const late = await rest(slow, (n) => n.event === 'status' && n.session.state === 'stopped');
    expect(events(late)).toEqual(expect.arrayContaining(['ready', 'stopping', 'stopped']));
    expect(events(read.notices)).toEqual(expect.arrayContaining(['ready', 'stopping', 'stopped']));
  });
});
