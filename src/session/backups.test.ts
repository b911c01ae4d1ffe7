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

  it('of a session at rest is none of a browser that was started meanwhile', async () => {
    const { world, supervisor } = new Supervised();
    supervisor.take([world.paired('main', { wanted: 'stopped' })]);
    world.copying.shut();
    const backup = supervisor.sessionOf(main).backup();
    backup.catch(() => {});
    await supervisor.start(main);
    await settle();
    expect(world.hosts.running).toBe(1);
    world.copying.open();
    expect(await standing(backup)).toBe('session_refused');
    expect(world.vault).toEqual([]);
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
