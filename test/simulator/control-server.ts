import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { COMMANDS, type SimulatorControl } from './control.ts';

/** The control over loopback HTTP: `POST /<command>` with its request as JSON, `GET /state`. */
export async function serveControl(
  control: SimulatorControl,
  port: number,
): Promise<{ port: number; server: Server }> {
  const server = createServer(async (request, response) => {
    const command = COMMANDS.find((name) => request.url === `/${name}`);
    const reply = (status: number, value: unknown) => {
      response
        .writeHead(status, { 'content-type': 'application/json' })
        .end(`${JSON.stringify(value ?? null)}\n`);
    };
    if (!command) return reply(404, { error: `there is no command ${request.url}`, commands: COMMANDS });
    try {
      const body = request.method === 'POST' ? await json(request) : undefined;
      const run = control[command] as (body: unknown) => Promise<unknown>;
      return reply(200, await run(body));
    } catch (error) {
      return reply(400, { error: error instanceof Error ? error.message : String(error) });
    }
  });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  server.once('error', reject);
  server.listen(port, '127.0.0.1', resolve);
  await promise;
  return { port: (server.address() as AddressInfo).port, server };
}
