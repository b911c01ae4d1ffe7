/**
 * The browser's main process is killed under a session that is online. A daemon and a copy of the volume of its
 * own for each round, since the second restart in ten minutes waits by policy.
 */
import type { SessionId } from '../../src/session/id.ts';
import { systemClock } from '../../src/system/clock.ts';
import { profilePath } from '../../src/volume/layout.ts';
import { launchOnce } from '../bare.ts';
import { Daemon } from '../daemon.ts';
import { figure, type Result, ratios } from '../figure.ts';
import { browserOn } from '../processes.ts';
import { rounds } from '../rounds.ts';
import { sessions, type Workshop } from '../workshop.ts';
import type { Request } from './scenario.ts';

const id = sessions[0] as SessionId;
/** A young browser is still busy with its own start. */
const calm = 4_000;

export async function recover(workshop: Workshop, { runs, told }: Request): Promise<Result> {
  const { values, notes } = await rounds(
    runs,
    {
      recovery: () => killAndWait(workshop),
      launch: () => launchOnce(workshop, id),
    },
    told,
  );
  const detections = values.recovery.map(({ detected }) => detected);
  const recovery = values.recovery.map(({ recovered }) => recovered);
  const { launch } = values;
  return {
    scenario: 'recover',
    title: 'Browser killed → ready again',
    figures: [
      figure('killed to the fault in the log', 's', detections, { limit: 1, of: 'max' }),
      figure('killed to online again', 's', recovery),
      figure('plain launch by a bare program', 's', launch),
      figure('recovery / plain launch', '×', ratios(recovery, launch), { limit: 1.3 }),
    ],
    notes,
  };
}

async function killAndWait(workshop: Workshop): Promise<{ detected: number; recovered: number }> {
  const layout = await workshop.volumeWith([id]);
  try {
    await using daemon = Daemon.start(workshop, layout);
    await daemon.online(id);
    await systemClock.sleep(calm);
    const browser = await browserOn(profilePath(layout, id));
    const killed = performance.now();
    process.kill(browser.pid, 'SIGKILL');
    const fault = await daemon.fault(id, { since: killed });
    const online = await daemon.online(id, { since: killed });
    return { detected: (fault.at - killed) / 1000, recovered: (online.at - killed) / 1000 };
  } finally {
    await workshop.discard(layout);
  }
}
