/**
 * What makes a vault at the other end of a network one that can be worked with, from the outside in:
 *
 * 1. **Tries again** outermost: whoever asks hears of a failure only when it lasts, and who waits to try again holds
 *    nothing that others wait for.
 * 2. **Lanes** below the tries: each try waits for its turn, and gives it back when it fails.
 * 3. **The circuit** below the lanes, so that every try of every caller counts, and that those who queue for a vault that
 *    has gone are told as soon as it is their turn instead of waiting for it one deadline after the other. What it says
 *    is not tried again: that would be the waiting that it saves.
 * 4. **Deadlines** innermost, around the adapter alone: they are for answers, not for queues or pauses, and what they find
 *    silent is what the circuit counts.
 *
 * A vault in a directory has deadlines only: a disk that is full or not mounted is no better a second later.
 */
import type { Clock } from '../system/clock.ts';
import { CircuitVault } from './circuit-vault.ts';
import { RetryingVault } from './retrying-vault.ts';
import { ThrottledVault } from './throttled-vault.ts';
import { TimedVault } from './timed-vault.ts';
import type { Vault } from './vault.ts';

export interface SteadyOptions {
  readonly clock: Clock;
  readonly random: () => number;
}

export function steadyVault(vault: Vault, { clock, random }: SteadyOptions): Vault {
  const bounded = new CircuitVault(new TimedVault(vault, clock), clock);
  return new RetryingVault(new ThrottledVault(bounded, clock), { clock, random });
}
