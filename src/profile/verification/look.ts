import type { Depth } from '../verdict.ts';

/** How one kind of storage is looked at. */
export interface Look {
  readonly depth: Depth;
  readonly signal: AbortSignal;
  /** Another step forward. */
  readonly progress: () => void;
}
