/**
 * The ownership port: the right to run a session, held by one daemon at a time.
 *
 * Contract, held by every adapter (test/contracts/ownership.ts):
 * - A claim is held as long as its signal has not aborted. The signal aborts before anybody else can claim.
 * - Within one owner a session is claimed once at a time; a second claim waits for the release.
 * - Epochs of one session only rise.
 * - `release` is idempotent and does not abort the signal.
 */
import type { SessionId } from '../session/id.ts';

export interface Claim {
  readonly epoch: number;
  /** Aborts when the right is lost without having been released. */
  readonly signal: AbortSignal;
  release(): void;
}

export interface Ownership {
  /** Waits until the session is to be had; rejects with the signal's reason when it aborts first. */
  claim(session: SessionId, signal: AbortSignal): Promise<Claim>;
}
