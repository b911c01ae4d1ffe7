/**
 * Browsers of drills that outlived their daemon. Mostly there are none: they end with its pipe. One that stands still does
 * not, and would write on into a directory that is about to be removed. There is no login of its own in it: it is killed.
 */
import { readdir } from 'node:fs/promises';
import { alarm } from '../system/deadline.ts';
import { isGone } from '../system/processes.ts';
import { names } from './inspect-profile.ts';
import { drillMarker, markedVolumes } from './markers.ts';
import { endOrphans } from './orphans.ts';
import type { ProfileTools } from './prepare-profile.ts';
import { samePlaceAs } from './same-place.ts';

const deadline = 10_000;

/** Only for the holder of the volume's lock, before staging is swept. How many there were. Never rejects. */
export async function endStrayDrills({
  layout,
  processes,
  clock,
}: Pick<ProfileTools, 'layout' | 'processes' | 'clock'>): Promise<number> {
  // Every command comes by here: nobody looks at all processes for nothing.
  const staged = await readdir(layout.staging).catch(() => []);
  if (!staged.some((name) => name.startsWith('drill-'))) return 0;
  const patience = alarm(clock, deadline, 'Ending the browsers of drills');
  try {
    const isVolume = await samePlaceAs(layout.root, processes);
    const browsers = [];
    for (const one of await processes.list())
      if (!isGone(one) && one.argv.includes(drillMarker) && (await names(one, markedVolumes, isVolume)))
        browsers.push(one);
    if (browsers.length > 0)
      await endOrphans({ hosts: [], browsers, processes, clock, signal: patience.signal, grace: 0 });
    return browsers.length;
  } catch {
    // What cannot be ended keeps nobody from the volume: it holds no profile of a session.
    return 0;
  } finally {
    patience.cancel();
  }
}
