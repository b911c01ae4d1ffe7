/** Six saved sessions, from the spawn of the first process to the last `ready`. */
import type { SessionId } from '../../src/session/id.ts';
import type { VolumeLayout } from '../../src/volume/layout.ts';
import { launchOnce, readyOf, startBare } from '../bare.ts';
import { Daemon } from '../daemon.ts';
import { figure, median, type Result, ratios } from '../figure.ts';
import { cpuOf } from '../processes.ts';
import type { Program, Said } from '../program.ts';
import { rounds } from '../rounds.ts';
import { sessions, type Workshop } from '../workshop.ts';
import type { Request } from './scenario.ts';

const pause = 10_000;

export async function boot(workshop: Workshop, { runs, full, told }: Request): Promise<Result> {
  const onVolume = async <T>(measure: (layout: VolumeLayout) => Promise<T>) => {
    const layout = await workshop.volumeWith(sessions);
    try {
      return await measure(layout);
    } finally {
      await workshop.discard(layout);
    }
  };
  const { values: taken, notes } = await rounds(
    runs,
    {
      daemon: () => onVolume((layout) => byDaemon(workshop, layout)),
      six: () => onVolume((layout) => bySixPrograms(workshop, layout)),
      one: () => onVolume((layout) => byOneProgram(workshop, layout)),
    },
    told,
  );
  const sequential = full
    ? await onVolume((layout) => oneAfterAnother(workshop, layout))
    : sessions.length * (await launchOnce(workshop, first)) + ((sessions.length - 1) * pause) / 1000;
  const wall = (boots: readonly Boot[]) => boots.map(({ seconds }) => seconds);
  const cpu = (boots: readonly Boot[]) => boots.map((one) => one.cpu);
  const daemon = wall(taken.daemon);
  return {
    scenario: 'boot',
    title: 'Boot with 6 saved sessions',
    figures: [
      figure('daemon: spawn to all six online', 's', daemon),
      figure('six bare programs, started together', 's', wall(taken.six)),
      figure('one bare program for all six', 's', wall(taken.one)),
      figure('daemon / six bare programs', '×', ratios(daemon, wall(taken.six)), { limit: 1.2 }),
      figure('daemon / one bare program', '×', ratios(daemon, wall(taken.one)), { limit: 1.6 }),
      figure('daemon / six bare programs, by CPU time', '×', ratios(cpu(taken.daemon), cpu(taken.six))),
      figure('daemon / one bare program, by CPU time', '×', ratios(cpu(taken.daemon), cpu(taken.one))),
      figure('one after another with 10 s between', 's', [sequential]),
      figure('daemon / one after another', '×', [median(daemon) / sequential]),
    ],
    notes: [
      ...notes,
      full
        ? 'One after another was measured once.'
        : 'One after another was computed: six times one measured launch, and five waits of 10 s.',
    ],
  };
}

/** Both from the first spawn to the last session online. CPU time is that of all processes, browsers included. */
interface Boot {
  readonly seconds: number;
  readonly cpu: number;
}

const first = sessions[0] as SessionId;

async function byDaemon(workshop: Workshop, layout: VolumeLayout): Promise<Boot> {
  await using daemon = Daemon.start(workshop, layout);
  const said = await Promise.all(sessions.map((id) => daemon.online(id)));
  return await booted(said, [daemon.program]);
}

async function bySixPrograms(workshop: Workshop, layout: VolumeLayout): Promise<Boot> {
  const programs = sessions.map((id) => startBare(workshop, layout, [id]));
  try {
    const said = await Promise.all(
      sessions.map((id, index) => readyOf(programs[index] as (typeof programs)[number], id)),
    );
    return await booted(said, programs);
  } finally {
    await Promise.all(programs.map((one) => one.stop()));
  }
}

async function byOneProgram(workshop: Workshop, layout: VolumeLayout): Promise<Boot> {
  await using program = startBare(workshop, layout, sessions);
  const said = await Promise.all(sessions.map((id) => readyOf(program, id)));
  return await booted(said, [program]);
}

async function oneAfterAnother(workshop: Workshop, layout: VolumeLayout): Promise<number> {
  await using program = startBare(workshop, layout, sessions, pause);
  const { at } = await readyOf(program, sessions.at(-1) as SessionId);
  return (at - program.startedAt) / 1000;
}

/** To be awaited before the programs are told to end: it asks what they have used. */
async function booted(said: readonly Said[], programs: readonly Program[]): Promise<Boot> {
  const spent = await Promise.all(programs.map(({ pid }) => cpuOf(pid)));
  const began = Math.min(...programs.map(({ startedAt }) => startedAt));
  return {
    seconds: (Math.max(...said.map(({ at }) => at)) - began) / 1000,
    cpu: spent.reduce((total, one) => total + one, 0),
  };
}
