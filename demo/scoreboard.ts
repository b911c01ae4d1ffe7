/** What came of each fault, on each side. Data in, data out: nothing here knows a clock or a process. */
import type { Session, Side } from './cast.ts';
import type { FaultName } from './faults.ts';

export type Outcome =
  /** It was not whole when the fault came, so that the fault says nothing about it. */
  | { readonly is: 'already_down' }
  /** `helped`: a person has meanwhile done something about it. `qrs`: so many of its sessions show one now. */
  | { readonly is: 'down'; readonly helped: boolean; readonly qrs: number }
  | { readonly is: 'back'; readonly seconds: number; readonly helped: boolean };

export interface Hit {
  readonly fault: FaultName;
  readonly sessions: readonly Session[];
  /** Milliseconds, as all moments here. */
  readonly at: number;
  readonly outcomes: Readonly<Record<Side, Outcome>>;
}

export type Board = readonly Hit[];
export type Online = ReadonlySet<Session>;

export function afterHit(
  board: Board,
  { fault, sessions, at }: Pick<Hit, 'fault' | 'sessions' | 'at'>,
  online: Readonly<Record<Side, Online>>,
): Board {
  const outcome = (side: Side): Outcome =>
    sessions.every((session) => online[side].has(session))
      ? { is: 'down', helped: false, qrs: 0 }
      : { is: 'already_down' };
  return [...board, { fault, sessions, at, outcomes: { vigil: outcome('vigil'), bare: outcome('bare') } }];
}

export interface Look {
  /** By a page that no fault has hit. */
  readonly online: Online;
  /** Sessions that show a QR. */
  readonly asking: ReadonlySet<Session>;
  readonly at: number;
}

export function afterLook(board: Board, side: Side, { online, asking, at }: Look): Board {
  return changed(board, side, (outcome, hit) => {
    if (outcome.is !== 'down') return outcome;
    if (hit.sessions.every((session) => online.has(session)))
      return { is: 'back', seconds: (at - hit.at) / 1000, helped: outcome.helped };
    const qrs = hit.sessions.filter((session) => asking.has(session)).length;
    return qrs === outcome.qrs ? outcome : { ...outcome, qrs };
  });
}

/** A person did something for this side: what comes back now did not do so by itself. */
export function afterHelp(board: Board, side: Side): Board {
  return changed(board, side, (outcome) => (outcome.is === 'down' ? { ...outcome, helped: true } : outcome));
}

function changed(board: Board, side: Side, change: (outcome: Outcome, hit: Hit) => Outcome): Board {
  return board.map((hit) => {
    const outcome = change(hit.outcomes[side], hit);
    return outcome === hit.outcomes[side] ? hit : { ...hit, outcomes: { ...hit.outcomes, [side]: outcome } };
  });
}

export interface Totals {
  /** Faults that it came back from without a person. */
  readonly recovered: number;
  /** Faults that hit it while it was whole. */
  readonly faults: number;
  /** Of the former, shortest first. */
  readonly seconds: readonly number[];
}

export function totalsOf(board: Board, side: Side): Totals {
  const outcomes = board.map((hit) => hit.outcomes[side]);
  const seconds = outcomes
    .flatMap((outcome) => (outcome.is === 'back' && !outcome.helped ? [outcome.seconds] : []))
    .sort((a, b) => a - b);
  const faults = outcomes.filter(({ is }) => is !== 'already_down').length;
  return { recovered: seconds.length, faults, seconds };
}

/** Whether this side is still on its way back from something. */
export function isPending(board: Board, side: Side): boolean {
  return board.some((hit) => hit.outcomes[side].is === 'down');
}
