import type { SessionId } from '../../src/session/id.ts';
import { Supervisor } from '../../src/supervisor/supervisor.ts';
import { settle } from './fake-clock.ts';
import { healthy } from './scripted-hosts.ts';
import { account, SessionWorld } from './session-world.ts';

/** A supervisor over a world that the test plays. */
export class Supervised {
  readonly world = new SessionWorld();
  readonly supervisor = new Supervisor({
    clock: this.world.clock,
    log: this.world.log,
    portsFor: (id) => this.world.portsFor(id),
  });

  /** Sessions that were paired once, wanted, and online now. */
  async online(...ids: string[]): Promise<readonly SessionId[]> {
    const records = ids.map((id) => this.world.paired(id));
    this.supervisor.boot(records);
    await settle();
    for (const id of ids) await this.ready(id);
    return records.map(({ id }) => id);
  }

  async ready(id: string): Promise<void> {
    this.world.hosts.of(id).answer = healthy;
    this.world.hosts.of(id).say({ type: 'ready', account, webVersion: null });
    await settle();
  }
}

/** How a promise stands: what it came to, or that it is still waited for. */
export async function standing(promise: Promise<unknown>): Promise<unknown> {
  let found: unknown = 'waiting';
  promise.then(
    () => (found = 'resolved'),
    (error: unknown) => (found = (error as { code?: unknown }).code ?? error),
  );
  await settle();
  return found;
}
