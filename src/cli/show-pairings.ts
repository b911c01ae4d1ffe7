/**
 * What `vigil up` shows in its own terminal: the QR of each session that waits for a phone. Only on a terminal:
 * anything else that reads standard output may be a log, and a QR is a credential. There, and by `vigil serve`, only
 * the page is named.
 */
import type { SessionId } from '../session/id.ts';
import type { SessionNotice } from '../session/session-view.ts';
import type { Terminal } from './context.ts';
import { pairingLines } from './pairing-words.ts';

export interface ShowPairings {
  /** Null where nobody may be looking at one, though it were there. */
  readonly terminal: Terminal | null;
  /** Of the daemon's pages. */
  readonly url: string;
  readonly log: { info(fields: object, message: string): void };
}

type Show = (id: SessionId, notice: SessionNotice) => void;

export function showPairings({ terminal, url, log }: ShowPairings): Show {
  const told = new Set<SessionId>();
  return (id, notice) => {
    if (notice.event === 'qr' || notice.event === 'code') {
      const page = `${url}sessions/${id}`;
      if (terminal?.isTTY) {
        const lines = pairingLines(id, notice, { terminal, page, coloured: true });
        terminal.write(`\n${lines.join('\n')}\n${page}\n\n`);
      } else if (!told.has(id)) log.info({ session: id, page }, 'Scan the QR of this session on its page');
      told.add(id);
    } else if (notice.event === 'ready' && told.delete(id)) {
      log.info({ session: id }, 'Linked and online');
    }
  };
}
