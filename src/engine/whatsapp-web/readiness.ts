/**
 * Finds `ready` by level as well as by event. The library waits for `hasSynced` to change, but a fast
 * restore has synchronised before it listens, and then its `ready` never comes; and it says `ready` without
 * asking whether the socket is connected, which a device in conflict is not. So the page is asked, until it
 * is ready, and again after each navigation.
 */
import type { Clock } from '../../system/clock.ts';
import type { LivePage } from './live-page.ts';
import { type PageSnapshot, refreshQr, tellSynced } from './page-snapshot.ts';
import { PairingIdle } from './pairing-idle.ts';
import type { SyncGate } from './sync-gate.ts';

export interface ReadinessPorts {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly gate: SyncGate;
  readonly page: () => LivePage;
  readonly isWired: (document: number) => boolean;
  /** What the socket's state was in every snapshot, before anything else is concluded from it. */
  readonly socketSeen: (state: string) => void;
  readonly ready: (snapshot: PageSnapshot) => void;
  readonly pairingIdle: () => void;
}

const pollMs = 500;
/** For the page's own event to arrive when the synchronisation ends just as the library begins to listen. */
const graceMs = 150;
/** After which a library that began to handle the synchronisation and never finished is told once more. */
const againMs = 30_000;

export class Readiness {
  readonly #ports: ReadinessPorts;
  readonly #idle = new PairingIdle();
  #ready = false;
  #libraryReady = false;
  #syncedSince: number | null = null;
  #toldAt: number | null = null;
  #wake = Promise.withResolvers<void>();

  constructor(ports: ReadinessPorts) {
    this.#ports = ports;
  }

  get isReady(): boolean {
    return this.#ready;
  }

  /** Returns when the signal aborts. */
  async run(): Promise<void> {
    const { clock, page, signal } = this.#ports;
    signal.addEventListener('abort', () => this.look(), { once: true });
    for (let wait = 0; !signal.aborted; ) {
      const woken = this.#wake.promise;
      const timer = this.#ready ? null : clock.setTimer(wait, () => this.look());
      await woken;
      timer?.cancel();
      this.#wake = Promise.withResolvers<void>();
      if (signal.aborted || this.#ready) continue;
      const snapshot = await page()
        .read()
        .catch(() => null);
      wait = snapshot === null || signal.aborted ? pollMs : await this.#weigh(snapshot);
    }
  }

  /** Asks the page now instead of at the next poll. */
  look(): void {
    this.#wake.resolve();
  }

  libraryReady(): void {
    this.#libraryReady = true;
    this.look();
  }

  /** Another document: everything is to be seen again. */
  renew(): void {
    this.#ready = false;
    this.#libraryReady = false;
    this.#syncedSince = null;
    this.#toldAt = null;
    this.look();
  }

  /** Milliseconds until the page is to be asked again. */
  async #weigh(snapshot: PageSnapshot): Promise<number> {
    const { clock, isWired, pairingIdle, page, ready, socketSeen } = this.#ports;
    if (snapshot.state !== null) socketSeen(snapshot.state);
    if (this.#ports.signal.aborted || !isWired(snapshot.document)) return pollMs;
    const now = clock.monotonic();
    const idle = this.#idle.weigh(snapshot.state, now);
    if (idle === 'refresh') await page().act(refreshQr);
    if (idle === 'report') pairingIdle();
    if (snapshot.state !== 'CONNECTED') {
      this.#syncedSince = null;
      return pollMs;
    }
    if (this.#libraryReady && snapshot.bridge) {
      this.#ready = true;
      ready(snapshot);
      return pollMs;
    }
    if (!snapshot.synced) {
      this.#syncedSince = null;
      return pollMs;
    }
    return this.#awaitLibrary(snapshot, now);
  }

  async #awaitLibrary(snapshot: PageSnapshot, now: number): Promise<number> {
    const { gate, page } = this.#ports;
    this.#syncedSince ??= now;
    const waited = now - this.#syncedSince;
    if (!snapshot.wired) return pollMs;
    if (!gate.entered && waited < graceMs) return graceMs - waited;
    const overdue = this.#toldAt === null ? !gate.entered || waited > againMs : now - this.#toldAt > againMs;
    if (overdue) {
      this.#toldAt = now;
      await page().act(tellSynced);
    }
    return pollMs;
  }
}
