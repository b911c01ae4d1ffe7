/** The daemon's operations, asked for over its control socket. */
import { VigilError } from '../errors.ts';
import type { SettingRow } from '../http/schemas.ts';
import type { SessionId } from '../session/id.ts';
import type { PairingMaterial, SessionView } from '../session/session-view.ts';
import type { BackupOperations } from '../supervisor/backup-operations.ts';
import type { Operations } from '../supervisor/operations.ts';
import type { Clock } from '../system/clock.ts';
import type { VolumeLayout } from '../volume/layout.ts';
import { backupsOver } from './backups-over.ts';
import { ask, type Line } from './exchange.ts';
import { followOver } from './follow-over.ts';

const second = 1_000;

/** What is only looked up, what is only accepted, and what is waited for until a browser has ended. */
const deadlines = { hello: 5 * second, look: 15 * second, accept: 30 * second, finish: 180 * second };

export interface ControlClient extends Operations {
  /** Of the daemon's pages, with a slash at its end; null while it does not tell one. */
  readonly url: string | null;
  readonly backups: BackupOperations;
  /** The settings that the daemon runs with, masked; null from a daemon that does not tell them yet. */
  settings(): Promise<readonly SettingRow[] | null>;
}

/** The daemon that runs on the volume; null when none does. */
export async function connectControl(
  layout: Pick<VolumeLayout, 'controlSocket'>,
  clock: Clock,
): Promise<ControlClient | null> {
  const line = { socket: layout.controlSocket, clock };
  try {
    const health = await ask(line, { method: 'GET', path: '/health', deadline: deadlines.hello });
    const { url } = (health ?? {}) as { readonly url?: unknown };
    return controlClient(line, typeof url === 'string' ? url : null);
  } catch (thrown) {
    if (nobodyThere(thrown)) return null;
    throw thrown;
  }
}

/** No socket, or one that a dead daemon left behind. */
function nobodyThere(thrown: unknown): boolean {
  const cause =
    thrown instanceof VigilError ? (thrown.cause as NodeJS.ErrnoException | undefined) : undefined;
  return cause?.code === 'ENOENT' || cause?.code === 'ECONNREFUSED';
}

function controlClient(line: Line, url: string | null): ControlClient {
  const of = (id: SessionId) => `/api/sessions/${id}`;
  const view = async (method: 'GET' | 'POST' | 'PATCH', path: string, deadline: number, body?: unknown) =>
    (await ask(line, { method, path, deadline, ...(body === undefined ? {} : { body }) })) as SessionView;
  const unlessNotFound = async <Answer>(path: string): Promise<Answer | null> => {
    try {
      return (await ask(line, { method: 'GET', path, deadline: deadlines.look })) as Answer;
    } catch (thrown) {
      if (thrown instanceof VigilError && thrown.code === 'not_found') return null;
      throw thrown;
    }
  };
  return {
    url,
    backups: backupsOver(line),
    settings: () => unlessNotFound<readonly SettingRow[]>('/api/settings'),
    sessions: async () =>
      (await ask(line, { method: 'GET', path: '/api/sessions', deadline: deadlines.look })) as SessionView[],
    session: (id) => view('GET', of(id), deadlines.look),
    start: (id) => view('POST', `${of(id)}/start`, deadlines.accept),
    stop: (id) => view('POST', `${of(id)}/stop`, deadlines.finish),
    restart: (id) => view('POST', `${of(id)}/restart`, deadlines.finish),
    logout: (id) => view('POST', `${of(id)}/logout`, deadlines.finish),
    pair: (id, { phone }) => view('POST', `${of(id)}/pair`, deadlines.finish, { phone }),
    configure: (id, settings) => view('PATCH', `${of(id)}/settings`, deadlines.look, settings),
    pairing: (id) => unlessNotFound<PairingMaterial>(`${of(id)}/qr`),
    follow: (id, signal) => followOver(line, id, signal),
  };
}
