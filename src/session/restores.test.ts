/** What those hear who ask for a restore, and what the session is afterwards. */
import { describe, expect, it } from 'vitest';
import { settle } from '../../test/doubles/fake-clock.ts';
import { Supervised, standing } from '../../test/doubles/supervised.ts';
import { VigilError } from '../errors.ts';
import { BoundedAdmission } from '../supervisor/admission.ts';
import { sessionId } from './id.ts';
import type { Restored } from './ports.ts';
import type { SessionRecord } from './record.ts';

const main = sessionId('main');

/** A session that is online, and three backups of it. */
async function online() {
  const on = new Supervised();
  await on.online('main');
  const { supervisor, world } = on;
  world.vault.unshift('main-3', 'main-2');
  world.steps.length = 0;
  const session = supervisor.sessionOf(main);
  /** How it stands is asked for later. */
  const restore = (backup: string, of = session) => {
    const outcome = of.restore(backup);
    outcome.catch(() => {});
    return outcome;
  };
  return { ...on, supervisor, world, session, restore, ready: () => on.ready('main') };
}

/** One whose record says that it failed, or is to stay stopped; and two backups of it. */
function atRest(record: Partial<SessionRecord>) {
  const on = new Supervised();
  const { supervisor, world } = on;
  supervisor.take([world.paired('main', record)]);
  world.vault.push('main-2', 'main-1');
  const session = supervisor.sessionOf(main);
  const restore = (backup: string) => {
    const outcome = session.restore(backup);
    outcome.catch(() => {});
    return outcome;
  };
  return { ...on, supervisor, world, session, restore };
}

/** What a promise was rejected with. */
async function refusal(promise: Promise<unknown>): Promise<VigilError> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof VigilError) return error;
  throw new Error('it was not refused');
}

const idOf = async (outcome: Promise<Restored>) => (await outcome).backup.id;
const deeds = ({ steps }: { readonly steps: readonly string[] }) =>
  steps.filter((step) => !step.startsWith('write'));

describe('a restore', () => {
  it('closes the browser, puts the backup in place and starts on it', async () => {
    const { session, world, restore, ready } = await online();
    const restored = restore('main-1');
    await settle();
    expect(await restored).toMatchObject({ backup: { id: 'main-1' }, quarantined: null });
    await ready();
    expect(deeds(world)).toEqual(['restore main from main-1', 'launch main']);
    expect(session.view).toMatchObject({ status: 'ready', restored: { id: 'main-1' } });
  });

  it('of a backup that is not there tells so, and the session goes on as it was', async () => {
    const { session, world, restore, ready } = await online();
    const restored = restore('main-7');
    expect(await standing(restored)).toBe('backup_not_found');
    await settle();
    await ready();
    expect(session.view.status).toBe('ready');
    expect(world.disk.get(main)?.dueRestore).toBeNull();
  });

  it('that the vault does not answer tells so', async () => {
    const { world, restore } = await online();
    world.vaultRefusal = new VigilError('vault_unavailable', 'It is far away.', { remedy: 'Go nearer.' });
    const error = await refusal(restore('main-1'));
    expect(error).toMatchObject({ code: 'vault_unavailable', remedy: 'Go nearer.' });
  });

  it('waits through a loss of the right to run the session', async () => {
    const { world, restore } = await online();
    world.fetching.shut();
    const restored = restore('main-1');
    await settle();
    world.loseRight(main);
    await settle();
    expect(await standing(restored)).toBe('waiting');
    world.fetching.open();
    await world.clock.advance(60_000);
    expect(await idOf(restored)).toBe('main-1');
  });

  it('waits through a restart that comes between', async () => {
    const { supervisor, world, restore } = await online();
    world.fetching.shut();
    const restored = restore('main-1');
    await settle();
    await supervisor.restart(main);
    world.fetching.open();
    expect(await idOf(restored)).toBe('main-1');
  });

  it('that hangs before the profile is ready is told to have failed', async () => {
    const { world, restore } = await online();
    world.preparing.shut();
    const restored = restore('main-1');
    await world.clock.advance(2 * 60_000);
    expect(await standing(restored)).toBe('deadline_exceeded');
    expect(world.disk.get(main)?.dueRestore).toBeNull();
  });
});

describe('a restore that takes long', () => {
  const minute = 60_000;

  it('is waited for as long as it moves, and comes in the end', async () => {
    const { session, world, restore } = await online();
    world.fetching.shut();
    const restored = restore('main-1');
    await settle();
    for (let minutes = 0; minutes < 3 * 60; minutes++) {
      world.arrived();
      await world.clock.advance(minute);
      expect(session.state.name).toBe('preparing');
    }
    world.fetching.open();
    expect(await idOf(restored)).toBe('main-1');
    await settle();
    expect(deeds(world)).toEqual(['restore main from main-1', 'launch main']);
  });

  it('and stands still is given up within minutes, which is told', async () => {
    const { world, restore, ready, session } = await online();
    world.fetching.shut();
    const restored = restore('main-1');
    await settle();
    for (let minutes = 0; minutes < 30; minutes++) {
      world.arrived();
      await world.clock.advance(minute);
    }
    await world.clock.advance(6 * minute);
    expect(await standing(restored)).toBe('deadline_exceeded');
    await ready();
    expect(session.view).toMatchObject({ status: 'ready', restored: null });
  });

  it('by itself and stands still leads to a rest, from which it is tried again', async () => {
    const on = new Supervised();
    on.world.fetching.shut();
    on.supervisor.boot([on.world.paired('main')]);
    on.world.profiled.clear();
    on.world.vault.push('main-1');
    await settle();
    const seen: string[] = [];
    const session = on.supervisor.sessionOf(main);
    session.onNotice(() => seen.push(`${session.view.status} ${session.view.reason}`));
    await on.world.clock.advance(7 * minute);
    expect(seen).toContain('disconnected vault_unreachable');
    on.world.fetching.open();
    await on.world.clock.advance(minute);
    expect(deeds(on.world)).toEqual(['restore main from main-1', 'launch main']);
  });

  it('and trickles for ever is given up in the end', async () => {
    const { world, restore } = await online();
    world.fetching.shut();
    const restored = restore('main-1');
    await settle();
    for (let quarters = 0; quarters < 4 * 24; quarters++) {
      for (let minutes = 0; minutes < 15; minutes += 3) {
        world.arrived();
        await world.clock.advance(3 * minute);
      }
      if ((await standing(restored)) !== 'waiting') break;
    }
    expect(await standing(restored)).toBe('deadline_exceeded');
  });

  it('does not keep others from starting, and waits for its turn when it starts itself', async () => {
    const on = new Supervised();
    const { supervisor, world } = on;
    world.admission = new BoundedAdmission(1);
    world.fetching.shut();
    world.vault.push('main-1');
    const records = ['main', 'second', 'third'].map((id) => world.paired(id));
    world.profiled.delete(main);
    supervisor.boot(records);
    await settle();
    for (let minutes = 0; minutes < 3; minutes++) {
      world.arrived();
      await world.clock.advance(minute);
    }
    const starts = () => deeds(world).filter((step) => !step.startsWith('back up'));
    expect(starts()).toEqual(['launch second']);
    world.fetching.open();
    await settle();
    expect(starts()).toEqual(['launch second', 'restore main from main-1']);
    await on.ready('second');
    expect(starts().slice(2)).toEqual(['launch third']);
    await on.ready('third');
    expect(starts().slice(3)).toEqual(['launch main']);
  });
});

describe('two who ask for a restore at once', () => {
  it.each([
    ['is being closed', 'close'],
    ['fetches the first', 'fetch'],
  ] as const)(
    'of different backups: the later one counts, and both hear that (while it %s)',
    async (_, at) => {
      const { session, world, restore, ready } = await online();
      const closing = Promise.withResolvers<void>();
      if (at === 'close') world.hosts.of('main').closeGate = closing.promise;
      else world.fetching.shut();
      const first = restore('main-1');
      await settle();
      const second = restore('main-2');
      await settle();
      closing.resolve();
      world.fetching.open();
      const error = await refusal(first);
      expect(error).toMatchObject({ code: 'session_refused', subject: 'main' });
      expect(error.message).toMatch(/main-1.*replaced by.*main-2/);
      expect(await idOf(second)).toBe('main-2');
      await ready();
      expect(deeds(world)).toEqual(['restore main from main-2', 'launch main']);
      expect(session.view).toMatchObject({ status: 'ready', restored: { id: 'main-2' } });
    },
  );

  it('the later is carried out as well where the first is past the point of no return', async () => {
    const { session, world, restore, ready } = await online();
    world.swapping.shut();
    const first = restore('main-1');
    await settle();
    const second = restore('main-2');
    await settle();
    world.swapping.open();
    expect((await refusal(first)).message).toContain('main-2');
    expect(await idOf(second)).toBe('main-2');
    await ready();
    expect(deeds(world)).toEqual(['restore main from main-1', 'restore main from main-2', 'launch main']);
    expect(session.record).toMatchObject({ restored: { id: 'main-2' }, dueRestore: null });
  });

  it('of one backup both get its outcome, and it is carried out once', async () => {
    const { world, restore } = await online();
    world.fetching.shut();
    const first = restore('main-1');
    await settle();
    const second = restore('main-1');
    await settle();
    world.fetching.open();
    expect([await idOf(first), await idOf(second)]).toEqual(['main-1', 'main-1']);
    await settle();
    expect(deeds(world)).toEqual(['restore main from main-1', 'launch main']);
  });

  it('of one backup both hear why it was not', async () => {
    const { world, restore } = await online();
    world.fetching.shut();
    const asked = [restore('main-7'), restore('main-7')];
    await settle();
    world.fetching.open();
    for (const outcome of asked) expect(await standing(outcome)).toBe('backup_not_found');
  });

  it('three of two backups: each hears of what it asked for', async () => {
    const { world, restore } = await online();
    world.fetching.shut();
    const first = restore('main-1');
    await settle();
    const other = restore('main-2');
    await settle();
    const again = restore('main-1');
    await settle();
    world.fetching.open();
    expect((await refusal(first)).message).toContain('main-2');
    expect((await refusal(other)).message).toContain('main-1');
    expect(await idOf(again)).toBe('main-1');
  });

  it('a failure stays what it was when neither can be had', async () => {
    const { session, world, restore } = atRest({ failure: 'logged_out' });
    world.fetching.shut();
    restore('main-1');
    await settle();
    const second = restore('main-7');
    await settle();
    world.fetching.open();
    expect(await standing(second)).toBe('backup_not_found');
    expect(session.view).toMatchObject({ status: 'failed', reason: 'logged_out' });
    expect(world.hosts.launched).toEqual([]);
  });
});

describe('a stop', () => {
  it.each([
    ['before the browser is closed', 'close'],
    ['while the backup is fetched', 'fetch'],
  ] as const)('calls a restore off, and says so: %s', async (_, at) => {
    const { session, supervisor, world, restore } = await online();
    const closing = Promise.withResolvers<void>();
    if (at === 'close') world.hosts.of('main').closeGate = closing.promise;
    else world.fetching.shut();
    const restored = restore('main-1');
    await settle();
    const stopped = supervisor.stop(main);
    await settle();
    closing.resolve();
    expect(await stopped).toMatchObject({ status: 'stopped', restored: null });
    const error = await refusal(restored);
    expect(error.code).toBe('session_refused');
    expect(error.message).toMatch(/stopped.*main-1 was called off/);
    expect(world.disk.get(main)).toMatchObject({ wanted: 'stopped', dueRestore: null });
    world.fetching.open();
    await supervisor.start(main);
    await settle();
    expect(deeds(world)).toEqual(['launch main']);
    expect(session.record.restored).toBeNull();
  });

  it('that comes when the backup is all but in place does not tell that it was called off', async () => {
    const { supervisor, world, session, restore } = await online();
    world.swapping.shut();
    const restored = restore('main-1');
    await settle();
    const stopped = supervisor.stop(main);
    await settle();
    world.swapping.open();
    expect(await idOf(restored)).toBe('main-1');
    expect(await stopped).toMatchObject({ status: 'stopped' });
    expect(session.record).toMatchObject({ wanted: 'stopped', restored: { id: 'main-1' } });
  });

  it('leaves a failure what it was before the restore', async () => {
    const { supervisor, world, session, restore } = atRest({ failure: 'logged_out' });
    world.fetching.shut();
    restore('main-1');
    await settle();
    await supervisor.stop(main);
    expect(session.view).toMatchObject({ status: 'failed', reason: 'logged_out' });
    expect(world.disk.get(main)).toMatchObject({ failure: 'logged_out', dueRestore: null });
  });
});

describe('a restore that the end of the daemon comes before', () => {
  async function drained(fetching = true) {
    const on = await online();
    const { supervisor, world, restore } = on;
    if (fetching) world.fetching.shut();
    else world.swapping.shut();
    const restored = restore('main-1');
    await settle();
    const end = supervisor.drain(25_000);
    await settle();
    return { ...on, restored, end };
  }

  /** The next daemon, over what the last one left on the disk. */
  async function next(before: Supervised['world'], changes: Partial<SessionRecord> = {}) {
    const on = new Supervised();
    const record = before.disk.get(main);
    if (!record) throw new Error('it has a record');
    on.world.vault.push(...before.vault);
    on.supervisor.boot([on.world.paired('main', { ...record, ...changes })]);
    await settle();
    return on;
  }

  it('is kept, which is told, and carried out by the next one', async () => {
    const { restored, end, world } = await drained();
    const error = await refusal(restored);
    expect(error.code).toBe('daemon_unavailable');
    expect(error.message).toMatch(/shutting down.*main-1.*next start/);
    expect(error.remedy).toContain('vigil stop main');
    expect(await end).toEqual([]);
    expect(world.disk.get(main)).toMatchObject({
      wanted: 'online',
      dueRestore: { why: 'person', backup: 'main-1', failure: null },
    });
    const after = await next(world);
    await after.ready('main');
    expect(deeds(after.world)).toEqual(['restore main from main-1', 'launch main']);
    expect(await after.supervisor.session(main)).toMatchObject({
      status: 'ready',
      restored: { id: 'main-1' },
    });
  });

  it('is carried out by the next one although the session stays stopped', async () => {
    const { end, world } = await drained();
    await end;
    const after = await next(world, { wanted: 'stopped' });
    expect(deeds(after.world)).toEqual(['restore main from main-1']);
    expect(await after.supervisor.session(main)).toMatchObject({
      status: 'stopped',
      wanted: 'stopped',
      restored: { id: 'main-1' },
    });
    expect(after.supervisor.ready).toBe(true);
  });

  it('is told to be in place where it was past the point of no return', async () => {
    const { restored, end, world } = await drained(false);
    world.swapping.open();
    expect(await idOf(restored)).toBe('main-1');
    await end;
    expect(world.disk.get(main)).toMatchObject({ restored: { id: 'main-1' }, dueRestore: null });
  });

  it('is not told to be kept where the disk did not take the wish', async () => {
    const { supervisor, world, restore } = await online();
    world.fetching.shut();
    world.writeRefusal = new VigilError('disk_full', 'No room.');
    const restored = restore('main-1');
    await settle();
    void supervisor.drain(25_000);
    const error = await refusal(restored);
    expect(error.code).toBe('daemon_unavailable');
    expect(error.message).toMatch(/could not be recorded.*No room/);
    expect(world.disk.get(main)?.dueRestore).toBeNull();
  });

  it('is told to both who asked for it, and to nobody who asked for another', async () => {
    const { supervisor, world, restore } = await online();
    world.fetching.shut();
    const first = restore('main-2');
    await settle();
    const both = [restore('main-1'), restore('main-1')];
    await settle();
    void supervisor.drain(25_000);
    expect((await refusal(first)).code).toBe('session_refused');
    for (const one of both) expect((await refusal(one)).message).toContain('main-1');
  });
});
