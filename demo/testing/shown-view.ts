/** A view as it is in the midst of the demo. */
import { afterHelp, afterHit, afterLook, type Board } from '../scoreboard.ts';
import type { View } from '../view.ts';

const all = new Set(['one', 'two', 'three'] as const);
const none = new Set<never>();

/** Three faults: one that both came back from, one that the bare side was helped with, one that goes on. */
export function shownBoard(): Board {
  const whole = { vigil: all, bare: all };
  const look = (at: number) => ({ online: all, asking: none, at });
  let board = afterHit([], { fault: 'kill', sessions: ['one'], at: 10_000 }, whole);
  board = afterLook(board, 'vigil', look(12_400));
  board = afterLook(board, 'bare', look(19_000));
  board = afterHit(board, { fault: 'lock', sessions: ['two'], at: 20_000 }, whole);
  board = afterLook(board, 'vigil', look(23_160));
  board = afterHelp(board, 'bare');
  board = afterLook(board, 'bare', look(40_000));
  board = afterHit(board, { fault: 'damage', sessions: ['three'], at: 50_000 }, { ...whole, bare: none });
  return afterHit(board, { fault: 'finale', sessions: ['one', 'two', 'three'], at: 60_000 }, whole);
}

export function shownView(changes: Partial<View> = {}): View {
  const news = Array.from({ length: 30 }, (_, index) => ({
    seconds: index * 2.5,
    text: `news number ${index}, in as many words as it takes`,
    tone: 'plain' as const,
  }));
  return {
    seconds: 75.4,
    opening: { pairedAfter: 12.4, safeAfter: 18.1, within: 100 },
    headline: 'vigil demo · no phone, no internet',
    panes: {
      vigil: {
        sessions: [
          { name: 'one', mark: 'online', words: 'ready' },
          { name: 'two', mark: 'busy', words: 'recovering 3 s (browser_crash)' },
          { name: 'three', mark: 'busy', words: 'disconnected 3 s, tries in 2 s (browser_crash)' },
        ],
        news,
      },
      bare: {
        sessions: [
          { name: 'one', mark: 'asking', words: 'shows a QR: scan it' },
          { name: 'two', mark: 'down', words: 'gone 15 s, and nobody told it' },
          { name: 'three', mark: 'online', words: 'ready' },
        ],
        news: news.slice(0, 3),
      },
    },
    board: shownBoard(),
    scansNeeded: { vigil: 0, bare: 4 },
    acts: { vigil: 0, bare: 3 },
    settings: 'Settings: VIGIL_SEAL_AFTER=1s VIGIL_WATCHDOG=2s VIGIL_PROBE_DEADLINE=3s',
    footer: '[k]ill [l]ock [d]amage [h]ang [f]inale [q]uit · [1-3] two',
    ...changes,
  };
}
