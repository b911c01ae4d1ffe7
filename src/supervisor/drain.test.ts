import { describe, expect, it } from 'vitest';
import { settle } from '../../test/doubles/fake-clock.ts';
import { Supervised, standing } from '../../test/doubles/supervised.ts';
import { sessionId } from '../session/id.ts';

const ids = ['one', 'two', 'three'] as const;
const hangs = new Promise<void>(() => {});

async function threeOnline() {
  const on = new Supervised();
  await on.online(...ids);
  const host = (id: string) => on.world.hosts.of(id);
  const wanted = () => ids.map((id) => on.world.disk.get(sessionId(id))?.wanted);
  return { ...on, world: on.world, supervisor: on.supervisor, host, wanted };
}

describe('a shutdown', () => {
  it('closes all sessions at once, and keeps them wanted', async () => {
    const { world, supervisor, host, wanted } = await threeOnline();
    const gates = ids.map(() => Promise.withResolvers<void>());
    for (const [index, id] of ids.entries()) host(id).closeGate = gates[index]?.promise as Promise<void>;
    const drained = supervisor.drain(25_000);
    expect(await standing(drained)).toBe('waiting');
    expect(world.hosts.closings.now).toBe(3);
    for (const gate of gates) gate.resolve();
    expect(await drained).toEqual([]);
    expect(wanted()).toEqual(['online', 'online', 'online']);
    expect(world.hosts.running).toBe(0);
  });

  it('kills what is late, and tells which', async () => {
    const { world, supervisor, host, wanted } = await threeOnline();
    host('two').closeGate = hangs;
    const drained = supervisor.drain(25_000);
    await world.clock.advance(24_999);
    expect(await standing(drained)).toBe('waiting');
    expect(host('two').killed).toBe(false);
    await world.clock.advance(6_000);
    expect(await drained).toEqual(['two']);
    expect(ids.map((id) => host(id).killed)).toEqual([false, true, false]);
    expect(wanted()).toEqual(['online', 'online', 'online']);
  });

  it('kills at once when it is forced, without waiting for its budget', async () => {
    const { world, supervisor, host } = await threeOnline();
    for (const id of ids) host(id).closeGate = hangs;
    const force = new AbortController();
    const drained = supervisor.drain(25_000, force.signal);
    expect(await standing(drained)).toBe('waiting');
    force.abort(new Error('SIGTERM again'));
    await settle();
    expect(await drained).toEqual([...ids]);
    expect(world.clock.monotonic()).toBe(0);
    expect(world.hosts.running).toBe(0);
  });

  it('ends a start that is under way, one that rests and one that waits for a scan', async () => {
    const { world, supervisor } = new Supervised();
    supervisor.boot([...ids].map((id) => world.paired(id, id === 'three' ? { login: 'none' } : {})));
    await settle();
    world.hosts.of('two').say({ type: 'gone', cause: 'profile_in_use', detail: '' });
    world.hosts.of('three').say({ type: 'qr', qr: 'one' });
    await settle();
    const before = (await supervisor.sessions()).map(({ state }) => state);
    expect(before).toEqual(['launching', 'pairing', 'resting']);
    expect(await supervisor.drain(25_000)).toEqual([]);
    expect(world.hosts.running).toBe(0);
    await world.clock.advance(60 * 60_000);
    expect(world.hosts.launched).toHaveLength(3);
  });

  it('leaves failed sessions failed', async () => {
    const { world, supervisor } = new Supervised();
    const record = world.paired('one', { failure: 'logged_out' });
    supervisor.boot([record]);
    expect(await supervisor.drain(25_000)).toEqual([]);
    expect(world.disk.get(record.id)?.failure).toBe('logged_out');
  });

  it('refuses every command that would start or end something', async () => {
    const { world, supervisor, host } = await threeOnline();
    host('one').closeGate = hangs;
    const drained = supervisor.drain(25_000);
    const one = sessionId('one');
    const calls = [
      () => supervisor.start(one),
      () => supervisor.stop(one),
      () => supervisor.restart(one),
      () => supervisor.logout(one),
      () => supervisor.pair(one, { phone: null }),
      () => supervisor.pair(sessionId('new'), { phone: null }),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'daemon_unavailable' });
    expect(supervisor.size).toBe(3);
    expect(world.hosts.launched).toHaveLength(3);
    await world.clock.advance(60_000);
    await drained;
  });

  it('has nothing to do where there are no sessions', async () => {
    expect(await new Supervised().supervisor.drain(25_000)).toEqual([]);
  });
});
