/** What is still to be written to a registry: bounded, the newest of each session and incident only. */

import type { Incident, TransitionEntry } from '../session/history.ts';
import type { SessionId } from '../session/id.ts';
import type { SessionRecord } from '../session/record.ts';
import type { Registry } from './registry.ts';

const batch = 200;

export class PendingWrites {
  readonly #bound: number;
  /** Null: removed. */
  readonly #sessions = new Map<SessionId, SessionRecord | null>();
  readonly #incidents = new Map<string, Incident>();
  #transitions: TransitionEntry[] = [];
  #prune: string | null = null;
  #dropped = 0;

  constructor(bound: number) {
    this.#bound = bound;
  }

  get isEmpty(): boolean {
    return (
      this.#sessions.size + this.#incidents.size + this.#transitions.length === 0 && this.#prune === null
    );
  }

  /** How many transitions wait. */
  get history(): number {
    return this.#transitions.length;
  }

  session(id: SessionId, record: SessionRecord | null): void {
    this.#sessions.set(id, record);
  }

  transitions(entries: readonly TransitionEntry[]): void {
    for (const entry of entries) this.#transitions.push(entry);
    this.#keepBound();
  }

  incident(incident: Incident): void {
    // Anew at the end: the one that was touched longest ago is dropped first.
    this.#incidents.delete(incident.id);
    this.#incidents.set(incident.id, incident);
    this.#keepBound();
  }

  prune(before: string): void {
    if (this.#prune === null || before > this.#prune) this.#prune = before;
  }

  /** How many were dropped since this was asked last. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** Rejects at the first failure; what was not written then is still here. */
  async writeTo(registry: Registry): Promise<void> {
    for (const [id, record] of [...this.#sessions]) {
      await (record ? registry.putSession(record) : registry.removeSession(id));
      // Unless it was replaced by a newer one meanwhile.
      if (this.#sessions.get(id) === record) this.#sessions.delete(id);
    }
    for (const [id, incident] of [...this.#incidents]) {
      await registry.putIncident(incident);
      if (this.#incidents.get(id) === incident) this.#incidents.delete(id);
    }
    while (this.#transitions.length > 0) {
      const entries = this.#transitions.splice(0, batch);
      try {
        await registry.addTransitions(entries);
      } catch (error) {
        this.#transitions = [...entries, ...this.#transitions];
        this.#keepBound();
        throw error;
      }
    }
    const before = this.#prune;
    if (before === null) return;
    await registry.prune(before);
    if (this.#prune === before) this.#prune = null;
  }

  #keepBound(): void {
    const excess = this.#transitions.length - this.#bound;
    if (excess > 0) {
      this.#transitions.splice(0, excess);
      this.#dropped += excess;
    }
    for (const id of this.#incidents.keys()) {
      if (this.#incidents.size <= this.#bound) break;
      this.#incidents.delete(id);
      this.#dropped++;
    }
  }
}
