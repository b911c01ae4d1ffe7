/** What is remembered of a session beside its record: what it went through, and what went wrong. */
import type { SessionId } from './id.ts';

export interface TransitionEntry {
  readonly session: SessionId;
  /** ISO time. */
  readonly at: string;
  readonly from: string;
  readonly to: string;
  /** What caused it: an event's name, and a reason where there is one. */
  readonly cause: string;
  /** Which start of the session it belongs to. */
  readonly epoch: number;
}

export interface Incident {
  /** Made by the caller, unique. */
  readonly id: string;
  /** Null where it concerns all, as a vault that does not answer. */
  readonly session: SessionId | null;
  /** ISO times; `closedAt` is null while it lasts. */
  readonly openedAt: string;
  readonly closedAt: string | null;
  readonly cause: string;
  /** What was tried, in order. */
  readonly steps: readonly string[];
  /** How it ended: `recovered`, `stopped`; null while it lasts. */
  readonly outcome: string | null;
  /** What a person must do, if anything. */
  readonly remedy: string | null;
}
