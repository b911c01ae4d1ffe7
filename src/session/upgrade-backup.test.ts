import { describe, expect, it } from 'vitest';
import { settle } from '../../test/doubles/fake-clock.ts';
import { Supervised } from '../../test/doubles/supervised.ts';
import { VigilError } from '../errors.ts';

const minute = 60_000;

/** A session whose profile a newer Chromium is about to open. */
function scene() {
  const supervised = new Supervised();
  const { world, supervisor } = supervised;
  const asked: string[] = [];
  const failed: string[] = [];
  world.upgrades = {
    before: async ({ id }) => {
      asked.push(id);
      return asked.filter((one) => one === id).length === 1 ? 'Chromium 157 after 156' : null;
    },
    failed: (code) => void failed.push(code),
  };
  const backup = { id: 'before', at: '2025-12-31T00:00:00.000Z' };
  const begin = async (changes = {}) => {
    supervisor.boot([world.paired('main', { backup, ...changes })]);
    await settle();
  };
  const steps = () => world.steps.filter((step) => !step.startsWith('write'));
  return { supervised, world, supervisor, begin, asked, failed, steps };
}

describe('before a profile is taken over', () => {
  it('it is backed up as it lies there, and opened after that', async () => {
    const { supervised, supervisor, begin, steps } = scene();
    await begin();
    expect(steps()).toEqual(['back up main', 'launch main']);
    await supervised.ready('main');
    expect(supervisor.all[0]?.record.backup?.id).toBe('main-1');
  });

  it('it is waited for longer than a look takes', async () => {
    const { world, begin, steps } = scene();
    world.copying.shut();
    await begin();
    await world.clock.advance(100_000);
    expect(steps()).toEqual([]);
    world.copying.open();
    await settle();
    expect(steps()).toEqual(['back up main', 'launch main']);
  });

  it('a vault that does not answer keeps no session offline, and that is said', async () => {
    const { world, begin, steps, failed } = scene();
    world.vaultRefusal = new VigilError('vault_unavailable', 'It is away.');
    await begin();
    expect(steps()).toEqual(['launch main']);
    expect(failed).toEqual(['vault_unavailable']);
    expect(world.lines.join()).toContain('without a backup of how it was');
  });

  it('one that never ends is left after two minutes', async () => {
    const { world, begin, steps, failed } = scene();
    world.copying.shut();
    await begin();
    await world.clock.advance(2 * minute + 5_000);
    expect(steps()).toEqual(['launch main']);
    // A vault that hangs: the sessions after this one need not find that out by themselves.
    expect(failed).toEqual(['late']);
  });

  it('a stop is not kept waiting by it, and nothing is opened', async () => {
    const { world, supervisor, begin, steps } = scene();
    world.copying.shut();
    await begin();
    const stopped = supervisor.stop(supervisor.all[0]?.id ?? ('' as never));
    await world.clock.advance(10_000);
    expect((await stopped).state).toBe('stopped');
    world.copying.open();
    await settle();
    expect(steps()).not.toContain('launch main');
  });

  it('is nothing for a login that is not settled', async () => {
    const { begin, asked } = scene();
    await begin({ login: 'none' });
    expect(asked).toEqual([]);
  });
});
