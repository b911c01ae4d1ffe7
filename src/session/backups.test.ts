import { describe, expect, it } from 'vitest';
import { settle } from '../../test/doubles/fake-clock.ts';
import { Supervised, standing } from '../../test/doubles/supervised.ts';
import { VigilError } from '../errors.ts';
import { sessionId } from './id.ts';

const main = sessionId('main');
const hour = 60 * 60_000;

async function online() {
  const on = new Supervised();
  await on.online('main');
  return {
    ...on,
    ready: () => on.ready('main'),
    session: on.supervisor.sessionOf(main),
    host: on.world.hosts.of('main'),
  };
}

describe('a backup', () => {
  it('is taken by itself the first time that a login works, and remembered on the disk', async () => {
    const { world } = await online();
    expect(world.vault).toEqual(['main-1']);
    expect(world.disk.get(main)).toMatchObject({ backup: { id: 'main-1' }, evidence: world.evidence });
  });

  it('that cannot be taken is an incident, tried again until there is one, and closed by it', async () => {
    const on = new Supervised();
    const { world } = on;
    world.vaultRefusal = new VigilError('disk_full', 'No room.');
    await on.online('main');
    expect([...world.incidents.values()]).toMatchObject([
      { cause: 'backup_failed', closedAt: null, steps: [expect.stringContaining('No room.')] },
    ]);
    expect(on.world.hosts.of('main').closed).toBe(false);
    world.vaultRefusal = null;
    await world.clock.advance(hour / 2);
    expect(world.vault).toEqual(['main-1']);
    expect([...world.incidents.values()]).toMatchObject([{ outcome: 'recovered' }]);
  });

  it('is asked of the browser that runs, once for all who ask meanwhile', async () => {
    const { session, host, world } = await online();
    let copies = 0;
    const gate = Promise.withResolvers<void>();
    host.copy = async () => {
      copies++;
      await gate.promise;
    };
    const both = Promise.all([session.backup(), session.backup()]);
    await settle();
    gate.resolve();
    const [one, other] = await both;
    expect([copies, one.mark.id, other.mark.id]).toEqual([1, 'main-2', 'main-2']);
    expect(world.vault).toHaveLength(2);
  });

  it('is refused on the way up, and where there is no login', async () => {
    const { world, supervisor } = new Supervised();
    supervisor.boot([world.paired('main')]);
    await settle();
    await expect(supervisor.sessionOf(main).backup()).rejects.toMatchObject({ code: 'session_refused' });
    const other = new Supervised();
    other.supervisor.take([other.world.paired('main', { login: 'none', wanted: 'stopped' })]);
    await expect(other.supervisor.sessionOf(main).backup()).rejects.toMatchObject({
      code: 'session_refused',
    });
  });

  it('does not keep a session from stopping, nor the daemon from ending', async () => {
    const { session, host, supervisor } = await online();
    let abandoned = false;
    host.copy = () =>
      new Promise((_resolve, reject) => {
        const close = host.close.bind(host);
        host.close = () => {
          abandoned = true;
          reject(new VigilError('snapshot_failed', 'The browser is being closed.'));
          return close();
        };
      });
    const backup = session.backup();
    backup.catch(() => {});
    await settle();
    expect(await standing(supervisor.drain(25_000))).toBe('resolved');
    expect(abandoned).toBe(true);
    expect(await standing(backup)).toBe('snapshot_failed');
  });
});

describe('an erasure', () => {
  it('waits until nothing runs, and nobody starts the session meanwhile', async () => {
    const { supervisor, world, host } = await online();
    const closing = Promise.withResolvers<void>();
    host.closeGate = closing.promise;
    const erasing = Promise.withResolvers<void>();
    const erased = supervisor.erase(main, async () => {
      expect(world.hosts.running).toBe(0);
      await erasing.promise;
      return 'done';
    });
    await settle();
    await expect(supervisor.start(main)).rejects.toMatchObject({ code: 'session_refused' });
    closing.resolve();
    await settle();
    await expect(supervisor.pair(main, { phone: null })).rejects.toMatchObject({ code: 'session_refused' });
    erasing.resolve();
    expect(await erased).toBe('done');
    await expect(supervisor.start(main)).rejects.toMatchObject({ code: 'session_not_found' });
    expect(world.hosts.launched).toHaveLength(1);
  });
});

describe('a restore', () => {
  it('closes the browser, puts the backup in place and starts on it', async () => {
    const { session, world, ready } = await online();
    world.steps.length = 0;
    const restored = session.restore('main-1');
    await settle();
    expect(await restored).toMatchObject({ backup: { id: 'main-1' } });
    await ready();
    expect(world.steps.filter((step) => !step.startsWith('write'))).toEqual([
      'restore main from main-1',
      'launch main',
    ]);
    expect(session.view).toMatchObject({ status: 'ready', restored: { id: 'main-1' } });
  });

  it('of a backup that is not there tells so, and the session goes on as it was', async () => {
    const { session, world, ready } = await online();
    const restored = session.restore('main-7');
    restored.catch(() => {});
    await settle();
    expect(await standing(restored)).toBe('backup_not_found');
    await settle();
    await ready();
    expect(session.view.status).toBe('ready');
    expect(world.disk.get(main)?.dueRestore).toBeNull();
  });

  it('that a stop comes before is called off', async () => {
    const { session, supervisor, world } = await online();
    const gate = Promise.withResolvers<void>();
    world.hosts.of('main').closeGate = gate.promise;
    const restored = session.restore('main-1');
    restored.catch(() => {});
    await settle();
    const stopped = supervisor.stop(main);
    await settle();
    gate.resolve();
    expect(await stopped).toMatchObject({ status: 'stopped', restored: null });
    expect(await standing(restored)).toBe('session_refused');
  });

  it('survives the daemon: what a person asked for is done by the next one', async () => {
    const { session, supervisor, world } = await online();
    const gate = Promise.withResolvers<void>();
    world.hosts.of('main').closeGate = gate.promise;
    session.restore('main-1').catch(() => {});
    await settle();
    const drained = supervisor.drain(25_000);
    gate.resolve();
    await drained;
    const record = world.disk.get(main);
    expect(record).toMatchObject({
      wanted: 'online',
      dueRestore: { why: 'person', backup: 'main-1', failure: null },
    });
  });
});
