/** The incident of one session: everything from "was fine" to "is fine again". */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../system/clock.ts';
import type { Incident } from './history.ts';
import type { SessionId } from './id.ts';
import type { History } from './ports.ts';

/** Steps beyond this are not told; a session that cannot recover for days would tell thousands. */
const stepLimit = 50;

export class Incidents {
  readonly #id: SessionId;
  readonly #clock: Clock;
  readonly #history: History;
  #open: Incident | null = null;

  constructor(id: SessionId, clock: Clock, history: History) {
    this.#id = id;
    this.#clock = clock;
    this.#history = history;
  }

  /** Takes up an incident that an earlier run of the daemon left open. */
  resume(incident: Incident): void {
    this.#open ??= incident;
  }

  step(cause: string, step: string, remedy: string | null): void {
    const at = this.#at();
    const open = this.#open ?? {
      id: randomUUID(),
      session: this.#id,
      openedAt: at,
      closedAt: null,
      cause,
      steps: [],
      outcome: null,
      remedy: null,
    };
    const steps = open.steps.length < stepLimit ? [...open.steps, `${at} ${cause}: ${step}`] : open.steps;
    this.#put({ ...open, steps, remedy });
  }

  over(outcome: 'recovered' | 'stopped'): void {
    if (!this.#open) return;
    this.#put({ ...this.#open, closedAt: this.#at(), outcome, remedy: null });
    this.#open = null;
  }

  #put(incident: Incident): void {
    this.#open = incident;
    this.#history.incident(incident);
  }

  #at(): string {
    return new Date(this.#clock.now()).toISOString();
  }
}
