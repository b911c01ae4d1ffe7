/** Waiting until a session has come somewhere. */
import { VigilError } from '../errors.ts';
import type { SessionId } from '../session/id.ts';
import type { Progress } from '../session/ports.ts';
import type { SessionView } from '../session/session-view.ts';
import type { Operations } from '../supervisor/operations.ts';

const settled: ReadonlySet<string> = new Set(['ready', 'qr_ready', 'failed', 'stopped']);

export interface SettleOptions {
  readonly signal: AbortSignal;
  readonly onStatus: (session: SessionView) => void;
  /** Of a backup that is fetched before it starts. */
  readonly onProgress: (progress: Progress) => void;
}

/** The session once it is online, shows a QR, has failed or was stopped; null when the signal aborted first. */
export async function settleSession(
  operations: Operations,
  id: SessionId,
  { signal, onStatus, onProgress }: SettleOptions,
): Promise<SessionView | null> {
  for await (const notice of operations.follow(id, signal)) {
    if (notice.event === 'progress') onProgress(notice);
    if (notice.event !== 'status') continue;
    onStatus(notice.session);
    if (settled.has(notice.session.status)) return notice.session;
  }
  if (signal.aborted) return null;
  throw new VigilError('daemon_unavailable', `The daemon shut down while session "${id}" was waited for.`, {
    subject: id,
  });
}

export function sessionFailed(session: SessionView, words: string): VigilError {
  return new VigilError('session_failed', `Session "${session.id}" has failed: ${words}`, {
    subject: session.id,
    details: { reason: session.reason },
    ...(session.remedy === null ? {} : { remedy: session.remedy }),
  });
}
