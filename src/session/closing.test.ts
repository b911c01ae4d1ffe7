/** What has to be over before a session may start its next browser. */
import { describe, expect, it } from 'vitest';
import { settle } from '../../test/doubles/fake-clock.ts';
import { healthy } from '../../test/doubles/scripted-hosts.ts';
import { account, SessionWorld } from '../../test/doubles/session-world.ts';
import type { GoneCause } from '../engine/engine.ts';
import type { Profiles } from './ports.ts';
import { Session } from './session.ts';

/** Online, with a close that the test holds back. */
async function online(profiles: Partial<Profiles> = {}) {
  const world = new SessionWorld();
  const record = world.paired('main');
  const ports = world.portsFor(record.id);
  const session = new Session(record, { ...ports, profiles: { ...ports.profiles, ...profiles } });
  session.post({ type: 'start' });
  await settle();
  const host = world.hosts.last;
  host.say({ type: 'ready', account, webVersion: null });
  await settle();
  expect(session.state.name).toBe('online');
  const closing = Promise.withResolvers<void>();
  host.closeGate = closing.promise;
  return { world, session, host, closing };
}

type Online = Awaited<ReturnType<typeof online>>;

async function gone({ host }: Online, cause: GoneCause) {
  host.say({ type: 'gone', cause, detail: '' });
  await settle();
}

/** Until the watchdog has noticed. */
async function hang({ host, session, world }: Online) {
  host.answer = { ...healthy, page: 'silent' };
  for (let second = 0; second < 60 && session.state.name === 'online'; second++)
    await world.clock.advance(1_000);
}

describe('after a fault', () => {
  it.each([
    ['renderer_crash', (on: Online) => gone(on, 'renderer_crash')],
    ['browser_crash', (on: Online) => gone(on, 'browser_crash')],
    ['engine_error', (on: Online) => gone(on, 'engine_error')],
    ['hang', hang],
  ])('the browser is closed in order before the next one starts (%s)', async (_, fault) => {
    const on = await online();
    const { world, host, closing, session } = on;
    await fault(on);
    expect(session.state.name).toBe('stopping');
    expect(world.hosts.closings.now).toBe(1);
    await world.clock.advance(5_000);
    expect(world.hosts.launched).toHaveLength(1);
    closing.resolve();
    await settle();
    expect({ closed: host.closed, killed: host.killed }).toEqual({ closed: true, killed: false });
    expect(world.hosts.launched).toHaveLength(2);
    expect(world.hosts.mostAtOnce).toBe(1);
  });

  it('what the close left over is looked for, after it and before the next one starts', async () => {
    const swept = Promise.withResolvers<boolean>();
    const steps: string[] = [];
    const on = await online({
      reap: (id) => {
        steps.push(`sweep ${id}`);
        return swept.promise;
      },
    });
    await gone(on, 'browser_crash');
    expect(steps).toEqual([]);
    on.closing.resolve();
    await settle();
    expect(steps).toEqual(['sweep main']);
    expect(on.world.hosts.launched).toHaveLength(1);
    swept.resolve(true);
    await settle();
    expect(on.world.hosts.launched).toHaveLength(2);
  });

  it.each([
    ['does not end', async () => false],
    ['is looked for without end', () => new Promise<boolean>(() => {})],
  ])('what %s is told, and `stopping` ends all the same', async (_, reap) => {
    const on = await online({ reap });
    on.closing.resolve();
    await gone(on, 'browser_crash');
    await on.world.clock.advance(20_000);
    expect(on.session.state.name).not.toBe('stopping');
    const told = on.world.lines.filter((line) => /"level":"error".*the next start looks again/.test(line));
    expect(told).toHaveLength(1);
  });
});
