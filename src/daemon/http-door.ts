/** The daemon's public door: the HTTP server on its address, and what to call it in a browser. */
import type { Settings } from '../config/settings.ts';
import { VigilError } from '../errors.ts';
import type { Access } from '../http/access.ts';
import type { App } from '../http/app.ts';
import { closeServer } from '../http/close-server.ts';
import { buildServer, type ServerOptions } from '../http/server.ts';

export interface HttpDoor {
  /** As a person on this machine types it. */
  readonly url: string;
  close(): Promise<void>;
}

type Listen = (app: App, host: string, port: number) => Promise<unknown>;

/** Throws `invalid_config` when the address cannot be listened on. */
export async function openHttpDoor(
  settings: Pick<Settings, 'host' | 'port' | 'apiKey'>,
  options: Omit<ServerOptions, 'access'>,
  listen: Listen = (app, host, port) => app.listen({ host, port }),
): Promise<HttpDoor> {
  const access: Access =
    settings.apiKey === null ? { kind: 'open-loopback' } : { kind: 'key', key: settings.apiKey };
  const app: App = await buildServer({ ...options, access });
  try {
    await listen(app, settings.host, settings.port);
  } catch (thrown) {
    await app.close();
    if (settings.host === '::' && withoutIpv6.has((thrown as NodeJS.ErrnoException).code ?? '')) {
      options.log.warn({}, 'This machine has no IPv6: HTTP listens on 0.0.0.0 instead of ::');
      return openHttpDoor({ ...settings, host: '0.0.0.0' }, options, listen);
    }
    throw new VigilError(
      'invalid_config',
      `HTTP cannot listen on ${settings.host} port ${settings.port}: ${why(thrown)}.`,
      {
        cause: thrown,
        remedy: 'Set PORT or VIGIL_HOST to an address that is free; PORT=0 takes any.',
      },
    );
  }
  const address = app.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : settings.port;
  return { url: `http://${shownHost(settings.host)}:${port}/`, close: () => closeServer(app, options.clock) };
}

/** What `::` comes to on a kernel that was built or booted without IPv6. */
const withoutIpv6: ReadonlySet<string> = new Set(['EAFNOSUPPORT', 'EADDRNOTAVAIL']);

function why(thrown: unknown): string {
  const { code } = thrown as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return 'another program listens there';
  if (code === 'EACCES') return 'this user may not';
  if (code === 'EADDRNOTAVAIL') return 'this machine has no such address';
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** An address that means "all of them" is no place to go to. */
function shownHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}
