/**
 * The way to a volume's sessions that most commands take: the daemon, over its socket. What works without one is most of
 * the program, and is loaded only where no daemon answers.
 */
import type { Connection } from '../cli/context.ts';
import { connectControl } from '../control/control-client.ts';
import { type ConnectOptions, overSocket } from './connection.ts';
import { enterVolume } from './enter-volume.ts';

export async function reach(options: ConnectOptions): Promise<Connection> {
  const entered = await enterVolume(options.flags, options.self);
  const daemon = await connectControl(entered.layout, options.clock);
  if (daemon) return overSocket(daemon);
  const { connect } = await import('./connect.ts');
  return connect(entered, options);
}
