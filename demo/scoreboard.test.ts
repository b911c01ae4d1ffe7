import { describe, expect, it } from 'vitest';
import type { Session } from './cast.ts';
import { afterHelp, afterHit, afterLook, type Board, isPending, totalsOf } from './scoreboard.ts';
import { shownBoard } from './testing/shown-view.ts';

const set = (...names: readonly Session[]) => new Set(names);
const all = set('one', 'two', 'three');
const whole = { vigil: all, bare: all };
const look = (at: number, online = all, asking = set()) => ({ at, online, asking });
const killed = (at = 1_000): Board => afterHit([], { fault: 'kill', sessions: ['one'], at }, whole);
const outcomes = (board: Board) => board.map((hit) => hit.outcomes);

describe('a side that was hit', () => {
  it('is back when its session is online, and that long after the fault', () => {
    const board = afterLook(killed(), 'vigil', look(3_500));
    expect(outcomes(board)).toEqual([
      { vigil: { is: 'back', seconds: 2.5, helped: false }, bare: { is: 'down', helped: false, qrs: 0 } },
    ]);
    expect(isPending(board, 'vigil')).toBe(false);
    expect(isPending(board, 'bare')).toBe(true);
  });

  it('is not back by others of its sessions', () => {
    const board = afterLook(killed(), 'vigil', look(3_500, set('two', 'three')));
    expect(board).toEqual(killed());
  });

  it('is back from the finale with the last of its sessions', () => {
    const sessions = ['one', 'two', 'three'] as const;
    let board = afterHit([], { fault: 'finale', sessions, at: 0 }, whole);
    board = afterLook(board, 'vigil', look(4_000, set('one', 'three')));
    expect(isPending(board, 'vigil')).toBe(true);
    board = afterLook(board, 'vigil', look(9_000));
    expect(board[0]?.outcomes.vigil).toEqual({ is: 'back', seconds: 9, helped: false });
  });

  it('stays back, and keeps its time, whatever comes later', () => {
    let board = afterLook(killed(), 'vigil', look(3_500));
    board = afterLook(board, 'vigil', look(9_000, set()));
    board = afterLook(board, 'vigil', look(12_000));
    expect(board[0]?.outcomes.vigil).toMatchObject({ seconds: 2.5 });
  });

  it('that a person helped did not come back by itself; nor is one helped that is back already', () => {
    let board = afterLook(killed(), 'vigil', look(2_000));
    board = afterHelp(afterHelp(board, 'bare'), 'vigil');
    board = afterLook(board, 'bare', look(20_000));
    expect(outcomes(board)).toEqual([
      { vigil: { is: 'back', seconds: 1, helped: false }, bare: { is: 'back', seconds: 19, helped: true } },
    ]);
    expect(totalsOf(board, 'vigil')).toMatchObject({ recovered: 1, faults: 1 });
    expect(totalsOf(board, 'bare')).toMatchObject({ recovered: 0, faults: 1 });
  });

  it('while it was down is not blamed for it, whether or not it comes back', () => {
    const down = { vigil: all, bare: set('two') };
    let board = afterHit([], { fault: 'hang', sessions: ['one'], at: 0 }, down);
    board = afterLook(board, 'bare', look(9_000));
    expect(board[0]?.outcomes.bare).toEqual({ is: 'already_down' });
    expect(totalsOf(board, 'bare')).toEqual({ recovered: 0, faults: 0, seconds: [] });
  });

  it('shows so many QRs', () => {
    const sessions = ['one', 'two', 'three'] as const;
    const hit = afterHit([], { fault: 'finale', sessions, at: 0 }, whole);
    const asking = afterLook(hit, 'bare', look(5_000, set('one'), set('two', 'three')));
    expect(asking[0]?.outcomes.bare).toEqual({ is: 'down', helped: false, qrs: 2 });
    expect(afterLook(asking, 'bare', look(6_000, set('one', 'two'), set()))[0]?.outcomes.bare).toMatchObject({
      qrs: 0,
    });
  });
});

it('counts each side for itself', () => {
  expect(totalsOf(shownBoard(), 'vigil')).toEqual({ recovered: 2, faults: 4, seconds: [2.4, 3.16] });
  expect(totalsOf(shownBoard(), 'bare')).toEqual({ recovered: 1, faults: 3, seconds: [9] });
});
