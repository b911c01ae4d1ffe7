import { describe, expect, it } from 'vitest';
import { ScriptedTerminal } from '../../test/doubles/scripted-cli.ts';
import { sessionId } from '../session/id.ts';
import type { SessionNotice } from '../session/session-view.ts';
import { showPairings } from './show-pairings.ts';

const main = sessionId('main');
const sales = sessionId('sales');
/** As long as the ones that WhatsApp shows. */
const qr = (letter: string): SessionNotice => ({ event: 'qr', qr: `2@${letter.repeat(230)}` });

function shown(terminal: { isTTY: boolean; columns?: number }, drawn = true) {
  const stdout = new ScriptedTerminal(terminal);
  const told: object[] = [];
  const log = { info: (fields: object, message: string) => void told.push({ ...fields, message }) };
  const show = showPairings({ terminal: drawn ? stdout : null, url: 'http://127.0.0.1:2790/', log });
  return { stdout, told, show };
}

describe('pairings that are shown beside the log', () => {
  it('are a QR in the terminal, each time that it changes, with the address of its page', () => {
    const { stdout, told, show } = shown({ isTTY: true, columns: 100 });
    show(main, qr('a'));
    const first = stdout.text;
    expect(first).toContain('▀');
    expect(first).toContain('Link main: WhatsApp, Settings, Linked devices, Link a device.');
    expect(first).toContain('\nhttp://127.0.0.1:2790/sessions/main\n');
    show(sales, qr('b'));
    expect(stdout.text.slice(first.length)).toContain('Link sales: ');
    expect(told).toEqual([]);
  });

  it('are the page alone where the terminal is too narrow', () => {
    const { stdout, show } = shown({ isTTY: true, columns: 40 });
    show(main, qr('a'));
    expect(stdout.text).not.toContain('▀');
    expect(stdout.text).toContain('http://127.0.0.1:2790/sessions/main');
  });

  it('are the page alone in a service, though somebody started it in a terminal', () => {
    const { stdout, told, show } = shown({ isTTY: true, columns: 100 }, false);
    show(main, qr('a'));
    expect(stdout.text).toBe('');
    expect(told).toMatchObject([{ page: 'http://127.0.0.1:2790/sessions/main' }]);
  });

  it('are a code to type', () => {
    const { stdout, show } = shown({ isTTY: true });
    show(main, { event: 'code', code: 'ABCDEFGH' });
    expect(stdout.text).toContain('ABCD-EFGH');
  });

  it('are never in what a program may read: only where to look is told, and that once', () => {
    const { stdout, told, show } = shown({ isTTY: false });
    show(main, qr('a'));
    show(main, qr('b'));
    show(main, { event: 'code', code: 'ABCDEFGH' });
    expect(stdout.text).toBe('');
    expect(told).toEqual([
      {
        session: main,
        page: 'http://127.0.0.1:2790/sessions/main',
        message: expect.stringContaining('Scan'),
      },
    ]);
  });

  it.each([true, false])('are over once the session is online, which is told (terminal: %s)', (isTTY) => {
    const { told, show } = shown({ isTTY });
    show(main, qr('a'));
    show(main, { event: 'authenticated' });
    told.length = 0;
    show(main, { event: 'ready' });
    show(main, { event: 'ready' });
    show(sales, { event: 'ready' });
    expect(told).toEqual([{ session: main, message: 'Linked and online' }]);
    show(main, qr('c'));
    if (!isTTY) expect(told).toHaveLength(2);
  });
});
