import type { Access } from '../../src/http/access.ts';
import type { App } from '../../src/http/app.ts';
import { buildServer, type ServerOptions } from '../../src/http/server.ts';
import { FakeClock } from './fake-clock.ts';
import { ScriptedBackups } from './scripted-backups.ts';
import { ScriptedOperations } from './scripted-operations.ts';

export interface TestServer {
  readonly app: App;
  readonly operations: ScriptedOperations;
  readonly clock: FakeClock;
  /** Every line that was logged, as text. */
  readonly logged: string[];
  /** Whether the boot pass is over. */
  booted: boolean;
}

export const testKey = 'correct-horse-battery-staple';

/** The HTTP surface over scripted operations; it listens nowhere. */
export async function testServer(
  access: Access = { kind: 'open-loopback' },
  more: Pick<ServerOptions, 'logouts' | 'trustedProxies'> & { readonly clock?: FakeClock } = {},
): Promise<TestServer> {
  const logged: string[] = [];
  const line = (fields: object, message: string) => void logged.push(`${message} ${JSON.stringify(fields)}`);
  const operations = new ScriptedOperations();
  const { clock = new FakeClock(), ...options } = more;
  const server = { operations, clock, logged, booted: true };
  const app = await buildServer({
    operations,
    backups: new ScriptedBackups(),
    ...options,
    access,
    clock,
    log: { debug: line, info: line, warn: line, error: line },
    health: () => ({ version: '1.2.3' }),
    ready: () => server.booted,
  });
  return Object.assign(server, { app });
}
