/**
 * The end of a server: followers end in order, answers under way are given, and then whoever still holds a
 * connection open is cut off. A daemon that waited for them would keep its volume from the next one.
 */
import type { Clock } from '../system/clock.ts';
import type { App } from './app.ts';

/** Milliseconds for answers that are under way. */
const patience = 1_000;

export async function closeServer(app: App, clock: Clock): Promise<void> {
  const closed = app.close();
  const timer = clock.setTimer(patience, () => app.server.closeAllConnections());
  await closed.finally(() => timer.cancel());
}
