/**
 * What `vigil up` shows in its own terminal: the QR of each session that waits for a phone. Only on a terminal:
 * anything else that reads standard output may be a log, and a QR is a credential.
 */
import type { SessionId } from '../session/id.ts';
import type { SessionNotice } from '../supervisor/operations.ts';
import type { Io } from './context.ts';
import { terminalQr } from './terminal-qr.ts';

export interface ShowPairings {
  readonly io: Io;
  /** Of the daemon's pages. */
  readonly url: string;
  readonly log: { info(fields: object, message: string): void };
}

export function showPairings({ io, url, log }: ShowPairings): (id: SessionId, notice: SessionNotice) => void {
  const told = new Set<SessionId>();
  return (id, notice) => {
    if (notice.event === 'qr') {
      const page = `${url}sessions/${id}`;
      if (io.stdout.isTTY) draw(io, id, notice.qr, page);
      else if (!told.has(id)) log.info({ session: id, page }, 'Scan the QR of this session on its page');
      told.add(id);
    } else if (notice.event === 'ready') {
      if (told.delete(id)) log.info({ session: id }, 'Linked and online');
    }
  };
}

function draw(io: Io, id: SessionId, qr: string, page: string): void {
  const lines = terminalQr(qr, { columns: io.stdout.columns ?? 80, coloured: true });
  const shown = lines?.join('\n') ?? 'This terminal is too narrow for the QR.';
  io.stdout.write(
    `\n${shown}\nSession "${id}": scan this with WhatsApp (Linked devices), or open ${page}\n\n`,
  );
}
