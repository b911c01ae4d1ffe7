/** What an online session costs beside its browser, and the browser beside it. */
import type { SessionId } from '../../src/session/id.ts';
import { systemClock } from '../../src/system/clock.ts';
import { profilePath, type VolumeLayout } from '../../src/volume/layout.ts';
import { readyOf, startBare } from '../bare.ts';
import { Daemon } from '../daemon.ts';
import { figure, type Result } from '../figure.ts';
import { browserOn, descendantsOf, type Memory, memoryOf, processesWith } from '../processes.ts';
import { sessions, type Workshop } from '../workshop.ts';
import type { Request } from './scenario.ts';

/** From the last `ready` to the first sample: past the start's own rubbish, over one round of every probe. */
const idle = 45_000;
const samples = 5;
const betweenSamples = 3_000;

interface Costs {
  readonly daemon: readonly Memory[];
  readonly hosts: readonly Memory[];
  readonly browsers: readonly Memory[];
}

export async function memory(workshop: Workshop, { told }: Request): Promise<Result> {
  const first = sessions.slice(0, 1);
  const one = await costsOf(workshop, first);
  told('one session: done');
  const six = await costsOf(workshop, sessions);
  told('six sessions: done');
  const bare = await costOfBare(workshop, first);
  told('bare program: done');
  const pss = (costs: readonly Memory[]) => costs.map((cost) => cost.pss);
  const own = (costs: readonly Memory[]) => costs.map((cost) => cost.own);
  return {
    scenario: 'memory',
    title: 'Memory of online sessions at rest',
    figures: [
      figure('host of one session alone, PSS', 'MB', pss(one.hosts), { limit: 50 }),
      figure('host of one session alone, private', 'MB', own(one.hosts)),
      figure(
        'host of one session alone, RSS',
        'MB',
        one.hosts.map((cost) => cost.rss),
      ),
      figure('each host of six, PSS', 'MB', pss(six.hosts), { limit: 50, of: 'max' }),
      figure('bare program with the library, PSS', 'MB', pss(bare)),
      figure('bare program with the library, private', 'MB', own(bare)),
      figure('browser of one session alone, PSS', 'MB', pss(one.browsers)),
      figure('each browser of six, PSS', 'MB', pss(six.browsers)),
      figure('daemon with 1 session, PSS', 'MB', pss(one.daemon)),
      figure('daemon with 6 sessions, PSS', 'MB', pss(six.daemon)),
    ],
    notes: [
      `Sampled ${samples} times from ${idle / 1000} s after the last session came online. PSS shares what several processes map; private is what would be free without them.`,
    ],
  };
}

async function costsOf(workshop: Workshop, ids: readonly SessionId[]): Promise<Costs> {
  const layout = await workshop.volumeWith(ids);
  try {
    await using daemon = Daemon.start(workshop, layout);
    for (const id of ids) await daemon.online(id);
    await systemClock.sleep(idle);
    const costs = { daemon: [] as Memory[], hosts: [] as Memory[], browsers: [] as Memory[] };
    for (let sample = 0; sample < samples; sample++) {
      costs.daemon.push(await memoryOf([daemon.program.pid]));
      for (const id of ids) {
        costs.hosts.push(await memoryOf([await hostOf(layout, id)]));
        costs.browsers.push(await memoryOf(await browserTree(layout, id)));
      }
      await systemClock.sleep(betweenSamples);
    }
    return costs;
  } finally {
    await workshop.discard(layout);
  }
}

async function costOfBare(workshop: Workshop, ids: readonly SessionId[]): Promise<readonly Memory[]> {
  const layout = await workshop.volumeWith(ids);
  try {
    await using program = startBare(workshop, layout, ids);
    for (const id of ids) await readyOf(program, id);
    await systemClock.sleep(idle);
    const costs: Memory[] = [];
    for (let sample = 0; sample < samples; sample++) {
      costs.push(await memoryOf([program.pid]));
      await systemClock.sleep(betweenSamples);
    }
    return costs;
  } finally {
    await workshop.discard(layout);
  }
}

async function hostOf(layout: VolumeLayout, id: SessionId): Promise<number> {
  const marked = await processesWith((argument) => argument === `--vigil-session=${id}`);
  const host = marked.find(({ argv }) => argv.includes(`--vigil-volume=${layout.root}`));
  if (!host) throw new Error(`session ${id} has no host`);
  return host.pid;
}

async function browserTree(layout: VolumeLayout, id: SessionId): Promise<readonly number[]> {
  const tree = await descendantsOf(await browserOn(profilePath(layout, id)));
  return tree.map(({ pid }) => pid);
}
