/** How a session stands, in a few words: the daemon's as the daemon says it, the bare one's as it can be seen. */
import type { Session } from './cast.ts';
import type { DaemonSession } from './daemon-side.ts';
import type { SessionRow } from './view.ts';

export interface VigilSight {
  /** By the daemon's word and by WhatsApp's. */
  readonly isOnline: boolean;
  /** What the daemon says; undefined while it says nothing. */
  readonly told: DaemonSession | undefined;
  /** Since the fault that it is not back from; null where there was none. */
  readonly downFor: number | null;
  /** Until its next try, in seconds; null where none is planned. */
  readonly nextTry: number | null;
}

export function vigilRow(name: Session, { isOnline, told, downFor, nextTry }: VigilSight): SessionRow {
  if (told === undefined) return { name, mark: 'busy', words: 'the daemon starts' };
  const { status, reason } = told;
  if (isOnline) return { name, mark: 'online', words: 'ready' };
  // A fault of this moment, which the daemon has not been asked about since.
  const said = status === 'ready' ? 'ready when it was last asked' : status;
  const next = nextTry === null ? '' : `, tries in ${Math.max(0, nextTry).toFixed(0)} s`;
  const why = reason === null ? '' : ` (${reason})`;
  const mark = status === 'qr_ready' ? 'asking' : status === 'failed' ? 'down' : 'busy';
  return { name, mark, words: `${said}${since(downFor)}${next}${why}` };
}

export interface BareSight {
  /** By WhatsApp's word. */
  readonly isOnline: boolean;
  readonly showsQr: boolean;
  readonly isRunning: boolean;
  /** Its client said `ready`, and nothing since. */
  readonly believes: boolean;
  readonly downFor: number | null;
}

export function bareRow(name: Session, sight: BareSight): SessionRow {
  if (sight.isOnline) return { name, mark: 'online', words: 'ready' };
  if (sight.showsQr) return { name, mark: 'asking', words: 'shows a QR: scan it' };
  const down = since(sight.downFor);
  if (!sight.isRunning) return { name, mark: 'down', words: `ended${down}, with its program` };
  if (sight.believes) return { name, mark: 'down', words: `gone${down}, and nobody told it` };
  return { name, mark: 'busy', words: `starting${down}` };
}

function since(seconds: number | null): string {
  return seconds === null ? '' : ` ${seconds.toFixed(0)} s`;
}
