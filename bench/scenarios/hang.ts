/** The page enters an endless loop, at any moment between two probes; nobody does anything about it. */
import type { SessionId } from '../../src/session/id.ts';
import { systemClock } from '../../src/system/clock.ts';
import { launchOnce } from '../bare.ts';
import { Daemon } from '../daemon.ts';
import { figure, type Result, ratios } from '../figure.ts';
import { rounds } from '../rounds.ts';
import { sessions, type Workshop } from '../workshop.ts';
import type { Request } from './scenario.ts';

const id = sessions[0] as SessionId;
const period = 5;
const deadline = 3;

interface Hang {
  readonly detected: number;
  readonly recovered: number;
}

export async function hang(workshop: Workshop, { runs, told }: Request): Promise<Result> {
  let round = 0;
  const { values, notes } = await rounds(
    runs,
    {
      // Spread over the period: what is bounded is the worst moment, not the usual one.
      recovery: () => hangAndWait(workshop, 4_000 + ((round++ % runs) / runs) * period * 1_000),
      launch: () => launchOnce(workshop, id),
    },
    told,
  );
  const hangs = values.recovery;
  const recovery = hangs.map(({ recovered }) => recovered);
  const { launch } = values;
  const bounds = launch.map((one) => period + deadline + 1.5 * one);
  const restarts = hangs.map((one) => one.recovered - one.detected);
  return {
    scenario: 'hang',
    title: `Page in an endless loop → ready without a person (watchdog ${period} s, probe deadline ${deadline} s)`,
    figures: [
      figure(
        'hang to the fault in the log',
        's',
        hangs.map((one) => one.detected),
      ),
      figure('fault to online again', 's', restarts),
      figure('hang to online again', 's', recovery),
      figure('plain launch by a bare program', 's', launch),
      figure('period + deadline + 1.5 launches', 's', bounds),
      figure('hang to online / that bound', '×', ratios(recovery, bounds), { limit: 1, of: 'max' }),
      figure('fault to online / plain launch', '×', ratios(restarts, launch)),
    ],
    notes: [...notes, 'The hang falls on another moment between two probes in each round.'],
  };
}

async function hangAndWait(workshop: Workshop, calm: number): Promise<Hang> {
  const layout = await workshop.volumeWith([id]);
  try {
    await using daemon = Daemon.start(workshop, layout, {
      VIGIL_WATCHDOG: `${period}s`,
      VIGIL_PROBE_DEADLINE: `${deadline}s`,
    });
    await daemon.online(id);
    await systemClock.sleep(calm);
    const { pages } = await workshop.control.state();
    const page = pages.find(({ live }) => live);
    if (!page) throw new Error('the simulator knows of no live page');
    const hung = performance.now();
    await workshop.control.hang({ target: { page: page.id } });
    const fault = await daemon.fault(id, { since: hung });
    const online = await daemon.online(id, { since: hung });
    return { detected: (fault.at - hung) / 1000, recovered: (online.at - hung) / 1000 };
  } finally {
    await workshop.discard(layout);
  }
}
