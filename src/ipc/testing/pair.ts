import { type Duplex, duplexPair } from 'node:stream';
import { Channel, type ChannelOptions } from '../channel.ts';
import { ManualClock } from './manual-clock.ts';

export interface Pair {
  readonly clock: ManualClock;
  readonly daemon: Channel;
  readonly host: Channel;
  /** The sockets under them. */
  readonly wires: { readonly daemon: Duplex; readonly host: Duplex };
}

/** Two channels over an in-memory duplex. Not started: a channel that is not started is a peer that does not read. */
export function pair(options: Omit<ChannelOptions, 'clock'> = {}): Pair {
  const clock = new ManualClock();
  const [near, far] = duplexPair();
  return {
    clock,
    daemon: new Channel(near, { clock, peer: 'host sales', ...options }),
    host: new Channel(far, { clock, peer: 'the daemon', ...options }),
    wires: { daemon: near, host: far },
  };
}

export function startedPair(options: Omit<ChannelOptions, 'clock'> = {}): Pair {
  const made = pair(options);
  // Handlers that a test adds in the same tick are in time: nothing is delivered before the next one.
  made.daemon.start();
  made.host.start();
  return made;
}

/** Lets everything happen that can happen without time passing. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 20; round += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}
