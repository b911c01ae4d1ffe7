/** A profile that was paired for real, with as much history as is asked for; it does not compress. */
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { sessionId } from '../src/session/id.ts';
import { systemClock } from '../src/system/clock.ts';
import { profilePath, volumeLayout } from '../src/volume/layout.ts';
import { DEFAULT_SETTINGS } from '../test/simulator/settings.ts';
import { readyOf, startBare } from './bare.ts';
import type { Workshop } from './workshop.ts';

const id = sessionId('paired');

/** Its path. Nothing runs on it. */
export async function pairedProfile(workshop: Workshop, historyBytes: number): Promise<string> {
  const layout = volumeLayout(await mkdtemp(join(workshop.scratch, 'paired-profile-')));
  await workshop.control.configure({ autoScanMs: 300, historyBytes });
  try {
    await using program = startBare(workshop, layout, [id]);
    await readyOf(program, id);
    // LevelDB compacts what the pairing wrote.
    await systemClock.sleep(5_000);
    await program.stop();
  } finally {
    await workshop.control.configure({ autoScanMs: null, historyBytes: DEFAULT_SETTINGS.historyBytes });
  }
  return profilePath(layout, id);
}
