/** What the demo came to, in one piece: for its exit code, for `--json`, and for the recording. */
import { bySide, type Side } from './cast.ts';
import type { Show } from './show.ts';
import { type Verdict, verdictOf } from './verdict.ts';
import type { View } from './view.ts';
import type { Counted } from './whatsapp.ts';

export interface Result {
  readonly view: View;
  readonly verdict: Verdict;
  readonly counted: Readonly<Record<Side, Counted | null>>;
}

export function resultOf(show: Show): Result {
  const view = show.view();
  return {
    view,
    verdict: verdictOf(view.board, view.scansNeeded.vigil, show.qrsShown('vigil')),
    counted: bySide((side) => show.counted(side)),
  };
}

/** Without what only the screen is made from. */
export function documentOf({ view, verdict, counted }: Result) {
  const { seconds, opening, board, scansNeeded, acts } = view;
  const online = bySide((side) => view.panes[side].sessions.filter(({ mark }) => mark === 'online').length);
  return {
    ...verdict,
    seconds,
    opening,
    faults: board.map(({ fault, sessions, outcomes }) => ({ fault, sessions, ...outcomes })),
    sides: bySide((side) => ({
      scansNeeded: scansNeeded[side],
      acts: acts[side],
      online: online[side],
      /** The simulator's own counters of this side's pages, from the beginning. */
      counters: counted[side]?.counters ?? null,
      /** QRs that are shown now. */
      waiting: counted[side]?.waiting ?? 0,
    })),
  };
}
