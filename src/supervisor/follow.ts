/** The notices of one session as an endless iterable, bounded: a slow reader misses statuses, never the rest. */
import type { Session } from '../session/session.ts';
import type { SessionNotice } from './operations.ts';

/** Notices that may wait; beyond it the oldest statuses go, since the newest one says it all. */
const queueLimit = 256;

export async function* follow(session: Session, signal: AbortSignal): AsyncGenerator<SessionNotice> {
  const queue: SessionNotice[] = [{ event: 'status', session: session.view }];
  const { pairing } = session;
  if (pairing?.qr) queue.push({ event: 'qr', qr: pairing.qr });
  if (pairing?.code) queue.push({ event: 'code', code: pairing.code });
  if (session.state.name === 'online') queue.push({ event: 'ready' });

  let wake = () => {};
  const unsubscribe = session.onNotice((notice) => {
    queue.push(notice);
    if (queue.length > queueLimit) shed(queue);
    wake();
  });
  const stop = () => wake();
  signal.addEventListener('abort', stop, { once: true });
  try {
    while (!signal.aborted) {
      const next = queue.shift();
      if (next) yield next;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    unsubscribe();
    signal.removeEventListener('abort', stop);
  }
}

function shed(queue: SessionNotice[]): void {
  const oldest = queue.findIndex((notice) => notice.event === 'status');
  queue.splice(Math.max(0, oldest), 1);
}
