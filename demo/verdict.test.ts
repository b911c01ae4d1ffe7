import { expect, it } from 'vitest';
import { afterHelp, afterHit, afterLook, type Board } from './scoreboard.ts';
import { verdictOf } from './verdict.ts';

const all = new Set(['one', 'two', 'three'] as const);
const hit = afterHit([], { fault: 'kill', sessions: ['one'], at: 0 }, { vigil: all, bare: all });
const back = (board: Board) => afterLook(board, 'vigil', { online: all, asking: new Set(), at: 2_000 });

it('is good when it came back from everything and no QR was shown', () => {
  expect(verdictOf(back(hit), 0, 0)).toMatchObject({ isFlawless: true });
});

it('is good when one command brought it back from the loss of its volume', () => {
  const burnt = afterHit(
    [],
    { fault: 'finale', sessions: ['one', 'two', 'three'], at: 0 },
    { vigil: all, bare: all },
  );
  expect(verdictOf(back(afterHelp(burnt, 'vigil')), 0, 0)).toMatchObject({ isFlawless: true });
  expect(verdictOf(afterHelp(burnt, 'vigil'), 0, 0)).toMatchObject({ isFlawless: false });
});

it.each([
  ['came back from 0 of 1', hit, 0, 0],
  ['came back from 0 of 1', back(afterHelp(hit, 'vigil')), 0, 0],
  ['1 QRs had to be scanned', back(hit), 1, 0],
  ['2 QRs were shown', back(hit), 0, 2],
  ['nothing was tried', [], 0, 0],
] as const)('is bad, and says so: %s', (words, board, scansNeeded, qrsShown) => {
  const verdict = verdictOf(board, scansNeeded, qrsShown);
  expect(verdict).toMatchObject({ isFlawless: false, words: expect.stringContaining(words) });
});
