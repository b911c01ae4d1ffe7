import { expect, it } from 'vitest';
import { FewProcesses } from '../../../test/doubles/few-processes.ts';
import { systemClock } from '../../system/clock.ts';
import { BrowserSpawn } from './browser-spawn.ts';
import type { LibraryBrowser } from './library-types.ts';
import { Takedown } from './takedown.ts';

function scene() {
  const told: string[] = [];
  const processes = new FewProcesses();
  const thawed = Promise.withResolvers<void>();
  const takedown = new Takedown({
    clock: systemClock,
    processes,
    spawn: new BrowserSpawn(processes, () => {}),
    client: { pupBrowser: { connected: true } as LibraryBrowser },
    destroy: async () => void told.push('closed'),
    deadline: 10_000,
    thaw: async () => {
      told.push('let go');
      await thawed.promise;
    },
    callOff: () => void told.push('called off'),
  });
  return { told, takedown, thawed };
}

it('a browser that stands still is let go before it is asked to close: it could not', async () => {
  const { told, takedown, thawed } = scene();
  const done = takedown.gently();
  await new Promise(setImmediate);
  expect(told).toEqual(['let go']);
  thawed.resolve();
  await done;
  expect(told).toEqual(['let go', 'closed', 'called off']);
});

it('a browser that stands still is let go before it is killed', async () => {
  const { told, takedown, thawed } = scene();
  thawed.resolve();
  await takedown.atOnce();
  expect(told).toEqual(['let go', 'called off']);
});
