import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { FewProcesses } from '../../test/doubles/few-processes.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { volumeLayout } from '../volume/layout.ts';
import { drillMarker, volumeMarker } from './markers.ts';
import { endStrayDrills } from './stray-drills.ts';

async function scene(staged: string) {
  const layout = volumeLayout(await scratchDirectory());
  await mkdir(join(layout.staging, staged), { recursive: true });
  const processes = new FewProcesses();
  const look = () => endStrayDrills({ layout, processes, clock: new FakeClock() });
  return { layout, processes, look };
}

it('the browser of a drill whose daemon is dead is killed with its children, and nobody else', async () => {
  const { layout, processes, look } = await scene('drill-main-0123');
  const ours = volumeMarker(layout.root);
  processes.browser(100, 1, [ours, drillMarker]);
  processes.browser(200, 1, [ours]);
  processes.browser(300, 1, [volumeMarker('/elsewhere'), drillMarker]);
  expect(await look()).toBe(1);
  expect(processes.sent.toSorted()).toEqual(['SIGKILL 100', 'SIGKILL 101']);
});

it('nobody is looked for where no drill has left anything', async () => {
  const { layout, processes, look } = await scene('restore-main-0123');
  processes.browser(100, 1, [volumeMarker(layout.root), drillMarker]);
  expect(await look()).toBe(0);
  expect(processes.sent).toEqual([]);
});
