/** The daemon's operations, asked for over its control socket. */

import { VigilError } from '../errors.ts';
import type { SessionId } from '../session/id.ts';
import type { Operations, PairingMaterial, SessionView } from '../supervisor/operations.ts';
import type { Clock } from '../system/clock.ts';
import type { VolumeLayout } from '../volume/layout.ts';
import { ask, type Line } from './exchange.ts';
import { followOver } from './follow-over.ts';

const second = 1_000;

/** What is only looked up, what is only accepted, and what is waited for until a browser has ended. */
const deadlines = { hello: 5 * second, look: 15 * second, accept: 30 * second, finish: 180 * second };

/** Operations of the daemon that runs on the volume; null when none does. */
export async function connectControl(
  layout: Pick<VolumeLayout, 'controlSocket'>,
  clock: Clock,
): Promise<Operations | null> {
  const line = { socket: layout.controlSocket, clock };
  try {
    await ask(line, { method: 'GET', path: '/health', deadline: deadlines.hello });
  } catch (thrown) {
    if (nobodyThere(thrown)) return null;
    throw thrown;
  }
  return controlClient(line);
}

/** No socket, or one that a dead daemon left behind. */
function nobodyThere(thrown: unknown): boolean {
  const cause =
    thrown instanceof VigilError ? (thrown.cause as NodeJS.ErrnoException | undefined) : undefined;
  return cause?.code === 'ENOENT' || cause?.code === 'ECONNREFUSED';
}

export function controlClient(line: Line): Operations {
  const of = (id: SessionId) => `/api/sessions/${id}`;
  const view = async (method: 'GET' | 'POST' | 'PATCH', path: string, deadline: number, body?: unknown) =>
    (await ask(line, { method, path, deadline, ...(body === undefined ? {} : { body }) })) as SessionView;
  return {
    sessions: async () =>
      (await ask(line, { method: 'GET', path: '/api/sessions', deadline: deadlines.look })) as SessionView[],
    session: (id) => view('GET', of(id), deadlines.look),
    start: (id) => view('POST', `${of(id)}/start`, deadlines.accept),
    stop: (id) => view('POST', `${of(id)}/stop`, deadlines.finish),
    restart: (id) => view('POST', `${of(id)}/restart`, deadlines.finish),
    logout: (id) => view('POST', `${of(id)}/logout`, deadlines.finish),
    pair: (id, { phone }) => view('POST', `${of(id)}/pair`, deadlines.finish, { phone }),
    configure: (id, settings) => view('PATCH', `${of(id)}/settings`, deadlines.look, settings),
    async pairing(id) {
      try {
        const path = `${of(id)}/qr`;
        return (await ask(line, { method: 'GET', path, deadline: deadlines.look })) as PairingMaterial;
      } catch (thrown) {
        if (thrown instanceof VigilError && thrown.code === 'not_found') return null;
        throw thrown;
      }
    },
    follow: (id, signal) => followOver(line, id, signal),
  };
}
