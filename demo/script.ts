/** `--auto`: every fault once, and the finale. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Session, sessions } from './cast.ts';
import type { FaultName } from './faults.ts';
import type { Show } from './show.ts';

/** Until everything is paired, on a machine that is busy with something else as well. */
export const opensWithin = 100_000;
/** Far more than it takes; the daemon's side has failed then. */
const backWithin = 60_000;
/** Whatever the bare side comes to: the demo goes on. */
const bareWithin = 30_000;

interface Act {
  readonly fault: FaultName;
  readonly session: Session;
  /** The bare side is waited for as well, and with it the person who looks after it. */
  readonly thenWhole?: boolean;
}

/** Two faults, on different sessions, before the person looks: as long as that the bare side has for itself. */
const acts: readonly Act[] = [
  { fault: 'kill', session: 'one' },
  { fault: 'lock', session: 'two', thenWhole: true },
  { fault: 'hang', session: 'one' },
  { fault: 'damage', session: 'three', thenWhole: true },
];

export interface Performance {
  /** Between two acts, in milliseconds: for people to see what stands there. */
  readonly pause: number;
  readonly signal: AbortSignal;
}

/** Ends early where the daemon's side does not come back. */
export async function perform(show: Show, { pause, signal }: Performance): Promise<void> {
  const rest = (ms: number) => sleep(ms, undefined, { signal });
  const tell = (index: number) => {
    show.footer = `--auto: fault ${index} of ${acts.length + 1} · q ends it`;
  };
  for (const [index, { fault, session, thenWhole }] of acts.entries()) {
    tell(index + 1);
    await rest(pause);
    // Both faults of a pair find the bare side as it was left.
    show.letPerson('away');
    if (!(await show.hit(fault, session))) return;
    if (!(await show.until(() => show.isBack('vigil'), backWithin))) return;
    if (!thenWhole) continue;
    show.letPerson('helping');
    await show.until(() => show.isBack('bare'), bareWithin);
  }
  tell(acts.length + 1);
  await rest(pause);
  show.letPerson('looking');
  const scansBefore = show.scansNeeded('bare');
  if (!(await show.hit('finale', 'one'))) return;
  await show.until(() => show.isBack('vigil'), backWithin);
  const askedAgain = () => show.scansNeeded('bare') - scansBefore >= sessions.length;
  await show.until(() => askedAgain() || show.isBack('bare'), bareWithin);
  await rest(2 * pause);
}
