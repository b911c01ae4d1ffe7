/**
 * The registry port: what the daemon knows about its sessions and what happened to them. History and lists;
 * never the authority on whether a session may start (session/record.ts is).
 *
 * Contract, held by every adapter (test/contracts/registry.ts):
 * - Calls are idempotent where they carry an identity (`putSession`, `putIncident`).
 * - Order: two calls that were awaited one after the other are seen in that order.
 * - Every failure is a VigilError `registry_unavailable`, and leaves what was written before intact.
 * - No secret, QR or pairing code is ever handed to it.
 */

import type { Incident, TransitionEntry } from '../session/history.ts';
import type { SessionId } from '../session/id.ts';
import type { SessionRecord } from '../session/record.ts';

export interface Registry {
  /** Brings the schema up to date; refuses one that is newer than this program (`registry_too_new`). */
  open(): Promise<void>;
  sessions(): Promise<readonly SessionRecord[]>;
  putSession(record: SessionRecord): Promise<void>;
  removeSession(id: SessionId): Promise<void>;
  /** Many at once in one transaction; the daemon gathers them. */
  addTransitions(entries: readonly TransitionEntry[]): Promise<void>;
  /** Newest first. */
  transitions(id: SessionId, limit: number): Promise<readonly TransitionEntry[]>;
  putIncident(incident: Incident): Promise<void>;
  /** Newest first; all there are when `id` is null, those of no session among them. */
  incidents(id: SessionId | null, limit: number): Promise<readonly Incident[]>;
  /** Those that last, of all sessions and of none; newest first. */
  openIncidents(): Promise<readonly Incident[]>;
  /** Removes history older than `before` (ISO); open incidents stay. */
  prune(before: string): Promise<void>;
  /**
   * A copy of everything, as it is at one moment, into a new file, while others go on asking. Opened as a registry of its
   * own it answers as this one did.
   */
  snapshot(path: string): Promise<void>;
  close(): Promise<void>;
}
