import { describe, expect, it } from 'vitest';
import { settle } from '../../test/doubles/fake-clock.ts';
import { savedRecord } from '../../test/doubles/session-world.ts';
import { Supervised, standing } from '../../test/doubles/supervised.ts';
import { sessionId } from '../session/id.ts';

const main = sessionId('main');

describe('the boot of a volume', () => {
  it('starts the sessions that are wanted, and no others', async () => {
    const { world, supervisor } = new Supervised();
    supervisor.boot([
      world.paired('wanted'),
      world.paired('stopped', { wanted: 'stopped' }),
      world.paired('failed', { failure: 'logged_out' }),
    ]);
    await settle();
    expect(world.hosts.launched.map(({ spec }) => spec.session)).toEqual(['wanted']);
    expect((await supervisor.sessions()).map(({ id, status }) => `${id}: ${status}`)).toEqual([
      'failed: failed',
      'stopped: stopped',
      'wanted: initializing',
    ]);
  });

  it('knows every session before it starts any, so that a wish that comes early makes no second one', async () => {
    const { world, supervisor } = new Supervised();
    supervisor.take([world.paired('main')]);
    await supervisor.pair(main, { phone: null });
    supervisor.boot();
    await settle();
    expect(world.hosts.launched).toHaveLength(1);
    expect(await supervisor.sessions()).toHaveLength(1);
    expect(() => supervisor.take([world.paired('main')])).toThrow('is there already');
  });

  it('shows a session whose record cannot be used, and refuses whatever is asked of it', async () => {
    const { world, supervisor } = new Supervised();
    supervisor.take([], [{ id: main, problem: 'it is of version 2' }]);
    supervisor.boot();
    expect(await supervisor.session(main)).toMatchObject({ status: 'stopped', reason: 'record_unusable' });
    for (const wish of [
      supervisor.start(main),
      supervisor.pair(main, { phone: null }),
      supervisor.stop(main),
    ])
      await expect(wish).rejects.toMatchObject({ code: 'session_refused' });
    expect(world.hosts.launched).toEqual([]);
    expect(world.disk.get(main)).toBeUndefined();
  });

  it('leaves a failed session failed, with its reason on the disk, whatever time passes', async () => {
    const { world, supervisor } = new Supervised();
    const record = world.paired('main', { failure: 'banned' });
    supervisor.boot([record]);
    await world.clock.advance(24 * 60 * 60_000);
    expect(await supervisor.session(main)).toMatchObject({ status: 'failed', reason: 'banned' });
    expect(world.disk.get(main)).toEqual(record);
  });

  it('is over only when every session has come somewhere', async () => {
    const on = new Supervised();
    const { world, supervisor } = on;
    expect(supervisor.ready).toBe(false);
    supervisor.boot(['online', 'pairs', 'rests', 'fails'].map((id) => world.paired(id)));
    world.profiled.delete(sessionId('fails'));
    await settle();
    expect(supervisor.ready).toBe(false);
    await on.ready('online');
    expect(supervisor.ready).toBe(false);
    world.hosts.of('pairs').say({ type: 'qr', qr: 'one' });
    await settle();
    expect(supervisor.ready).toBe(false);
    world.hosts.of('rests').say({ type: 'gone', cause: 'profile_in_use', detail: '' });
    await settle();
    const states = (await supervisor.sessions()).map(({ id, state }) => `${id}: ${state}`);
    expect(states).toEqual(['fails: failed', 'online: online', 'pairs: failed', 'rests: resting']);
    expect(supervisor.ready).toBe(true);
  });

  it('is not over while one is only being restarted', async () => {
    const { world, supervisor } = new Supervised();
    supervisor.boot([world.paired('main')]);
    await settle();
    world.hosts.last.die();
    await settle();
    expect(world.hosts.launched).toHaveLength(2);
    expect(supervisor.ready).toBe(false);
  });

  it('is over at once where nothing is wanted, and stays over whatever comes later', async () => {
    const { world, supervisor } = new Supervised();
    supervisor.boot([world.paired('main', { wanted: 'stopped' })]);
    expect(supervisor.ready).toBe(true);
    await supervisor.start(main);
    expect(supervisor.ready).toBe(true);
  });
});

describe('a stop', () => {
  it('returns when the browser is gone, not before', async () => {
    const on = new Supervised();
    await on.online('main');
    const { closeGate, open } = gated();
    on.world.hosts.last.closeGate = closeGate;
    const stopped = on.supervisor.stop(main);
    expect(await standing(stopped)).toBe('waiting');
    open();
    expect(await stopped).toMatchObject({ status: 'stopped', wanted: 'stopped' });
    expect(on.world.hosts.running).toBe(0);
    expect(on.world.disk.get(main)?.wanted).toBe('stopped');
  });

  it('gives up with deadline_exceeded on a session that does not come to rest', async () => {
    const on = new Supervised();
    await on.online('main');
    const { closeGate, open } = gated();
    on.world.hosts.last.closeGate = closeGate;
    const stopped = on.supervisor.stop(main);
    stopped.catch(() => {});
    await settle();
    // Somebody else wants it again before it has stopped.
    await on.supervisor.start(main);
    open();
    await on.world.clock.advance(10 * 60_000);
    await expect(stopped).rejects.toMatchObject({ code: 'deadline_exceeded', subject: 'main' });
  });

  it('of a stopped session returns at once', async () => {
    const { world, supervisor } = new Supervised();
    supervisor.take([world.paired('main', { wanted: 'stopped' })]);
    expect(await supervisor.stop(main)).toMatchObject({ status: 'stopped' });
  });

  it('leaves no timer behind', async () => {
    const on = new Supervised();
    await on.online('main');
    await on.supervisor.stop(main);
    await settle();
    expect(on.world.clock.pending).toBe(0);
  });
});

describe('a logout', () => {
  it.each([
    ['stopped', { wanted: 'stopped' }],
    ['failed', { failure: 'banned' }],
    ['starting', {}],
  ] as const)('is refused while the session is %s, and changes nothing', async (_what, record) => {
    const { world, supervisor } = new Supervised();
    supervisor.boot([world.paired('main', record)]);
    await settle();
    const before = await supervisor.session(main);
    await expect(supervisor.logout(main)).rejects.toMatchObject({
      code: 'session_refused',
      remedy: expect.stringContaining('vigil start main'),
    });
    expect(await supervisor.session(main)).toEqual(before);
  });

  it('returns when the device is unlinked and no browser is left', async () => {
    const on = new Supervised();
    await on.online('main');
    expect(await on.supervisor.logout(main)).toMatchObject({ status: 'stopped', phone: null });
    expect(on.world.hosts.running).toBe(0);
    await settle();
    expect(on.world.steps).toContain('quarantine main');
    expect(on.world.disk.get(main)).toMatchObject({ wanted: 'stopped', login: 'none' });
  });

  it('is refused, not forgotten, when the session has left online while it was asked', async () => {
    const on = new Supervised();
    await on.online('main');
    on.world.hosts.last.say({ type: 'navigating' });
    await expect(on.supervisor.logout(main)).rejects.toMatchObject({ code: 'session_refused' });
  });

  it('that WhatsApp does not confirm is an error, and the session stays online', async () => {
    const on = new Supervised();
    await on.online('main');
    on.world.hosts.last.unlinkError = new Error('no answer');
    await expect(on.supervisor.logout(main)).rejects.toThrow('no answer');
    expect(await on.supervisor.session(main)).toMatchObject({ status: 'ready', wanted: 'online' });
  });
});

describe('a pairing', () => {
  it('makes the session, and has it on the disk before a browser is launched', async () => {
    const { world, supervisor } = new Supervised();
    expect(await supervisor.pair(main, { phone: null })).toMatchObject({ id: 'main', wanted: 'online' });
    await settle();
    expect(world.steps.indexOf('write main')).toBe(0);
    expect(world.steps.indexOf('launch main')).toBeGreaterThan(0);
  });

  it('launches nothing as long as a new session is not on the disk', async () => {
    const { world, supervisor } = new Supervised();
    world.writing.shut();
    const paired = supervisor.pair(main, { phone: null });
    expect(await standing(paired)).toBe('waiting');
    expect(world.hosts.launched).toEqual([]);
    world.writing.open();
    await paired;
    await settle();
    expect(world.hosts.launched).toHaveLength(1);
  });

  it('of a new session asked for twice makes one', async () => {
    const { world, supervisor } = new Supervised();
    await Promise.all([supervisor.pair(main, { phone: null }), supervisor.pair(main, { phone: null })]);
    await settle();
    expect(supervisor.size).toBe(1);
    expect(world.hosts.launched).toHaveLength(1);
  });

  it('asks for a code where a phone is given', async () => {
    const { world, supervisor } = new Supervised();
    await supervisor.pair(main, { phone: '4915100000000' });
    await settle();
    world.hosts.last.say({ type: 'qr', qr: 'one' });
    world.hosts.last.say({ type: 'code', code: 'ABCDEFGH' });
    await settle();
    expect(world.hosts.last.codesFor).toEqual(['4915100000000']);
    expect(await supervisor.pairing(main)).toMatchObject({ qr: 'one', code: 'ABCDEFGH' });
  });

  it('moves the worthless profile of a failed session away first', async () => {
    const { world, supervisor } = new Supervised();
    supervisor.take([world.paired('main', { failure: 'logged_out' })]);
    await supervisor.pair(main, { phone: null });
    await settle();
    expect(world.steps.filter((step) => step !== 'write main')).toEqual(['quarantine main', 'launch main']);
  });

  it('refuses an id that is none', async () => {
    const { world, supervisor } = new Supervised();
    const hostile = '../main' as typeof main;
    await expect(supervisor.pair(hostile, { phone: null })).rejects.toMatchObject({
      code: 'invalid_session_id',
    });
    expect(world.steps).toEqual([]);
  });
});

describe('sessions', () => {
  it('that do not exist are not found', async () => {
    const { supervisor } = new Supervised();
    const { signal } = new AbortController();
    const calls = [
      () => supervisor.session(main),
      () => supervisor.start(main),
      () => supervisor.stop(main),
      () => supervisor.restart(main),
      () => supervisor.logout(main),
      () => supervisor.pairing(main),
      () => supervisor.configure(main, {}),
      async () => supervisor.follow(main, signal),
    ];
    for (const call of calls) await expect(call()).rejects.toMatchObject({ code: 'session_not_found' });
  });

  it('go on beside one whose close hangs', async () => {
    const on = new Supervised();
    const [one, other] = await on.online('one', 'other');
    on.world.hosts.of('one').closeGate = new Promise(() => {});
    const stopping = on.supervisor.stop(one as typeof main);
    expect(await standing(stopping)).toBe('waiting');
    await on.supervisor.restart(other as typeof main);
    await settle();
    await on.ready('other');
    expect(await on.supervisor.session(other as typeof main)).toMatchObject({ status: 'ready' });
    await on.supervisor.stop(other as typeof main);
    await on.supervisor.start(other as typeof main);
    await settle();
    expect(on.world.hosts.launched.map(({ spec }) => spec.session)).toEqual([
      'one',
      'other',
      'other',
      'other',
    ]);
    expect(await on.supervisor.session(one as typeof main)).toMatchObject({ state: 'stopping' });
    stopping.catch(() => {});
  });

  it('are configured durably, and what is null follows the daemon again', async () => {
    const { world, supervisor } = new Supervised();
    supervisor.take([savedRecord('main', { wanted: 'stopped', settings: { watchdog: 5_000 } })]);
    await supervisor.configure(main, { heartbeat: 1_000, watchdog: null });
    expect(world.disk.get(main)?.settings).toEqual({ heartbeat: 1_000 });
  });
});

function gated() {
  const { promise: closeGate, resolve: open } = Promise.withResolvers<void>();
  return { closeGate, open };
}
