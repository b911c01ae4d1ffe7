/** What a person who links a phone is shown in the terminal, by `pair` and by `up`. */
import type { SessionId } from '../session/id.ts';
import type { SessionNotice } from '../session/session-view.ts';
import { groupedCode } from '../wording/pairing-code.ts';
import type { Terminal } from './context.ts';
import { terminalQr } from './terminal-qr.ts';

export interface PairingPlace {
  readonly terminal: Terminal;
  /** Address of the session's page, when there is one. */
  readonly page: string | null;
  readonly coloured: boolean;
}

const usualColumns = 80;

/** Lines to print for a QR or a code. */
export function pairingLines(
  id: SessionId,
  notice: Extract<SessionNotice, { event: 'qr' | 'code' }>,
  { terminal, page, coloured }: PairingPlace,
): readonly string[] {
  if (notice.event === 'code') {
    return [
      '',
      `    ${groupedCode(notice.code)}`,
      '',
      `Link ${id}: WhatsApp, Settings, Linked devices, Link a device,`,
      '“Link with phone number instead”, then type this code.',
    ];
  }
  const columns = terminal.columns ?? usualColumns;
  const qr = terminalQr(notice.qr, { columns, coloured });
  if (qr === null) {
    const place = page === null ? "the daemon's page" : page;
    return [
      `The terminal is too narrow for the QR of ${id} (${columns} columns).`,
      `Make it wider, or open ${place}`,
    ];
  }
  return [
    ...qr,
    `Link ${id}: WhatsApp, Settings, Linked devices, Link a device.`,
    'It changes now and then and follows by itself.',
  ];
}
