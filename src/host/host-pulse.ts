/**
 * Asks a host with a bot whether it answers at all. A page that hangs leaves its host alive; a bot that never gives way
 * leaves it dead to the world, which no probe can tell apart.
 *
 * What may not happen: a bot that is blamed for a machine that is overloaded, or for a process that was stopped. So
 * a host that does not answer is looked at: it must have used the processor itself, or be asleep in a call.
 */
import type { Clock, Timer } from '../system/clock.ts';
import type { Processes } from '../system/processes.ts';

export interface PulseOptions {
  readonly clock: Clock;
  readonly processes: Pick<Processes, 'find' | 'cpuTime'>;
  readonly pid: () => number | null;
  /** Asks once. Rejects when there is no answer within the time, and only then. */
  readonly ask: (timeoutMs: number) => Promise<unknown>;
  /** Called once, when the bot is what keeps the host from answering. */
  readonly blocked: (detail: string) => void;
}

const interval = 10_000;
/** Of one question; two go unanswered. */
const deadline = 10_000;
const questions = 2;
/** Of the time that it did not answer, a host that is busy with itself has used at least this part. */
const ownShare = 0.25;

export class HostPulse {
  readonly #options: PulseOptions;
  #timer: Timer | null = null;
  #asking: Promise<boolean> | null = null;
  #over = false;
  #begun = false;

  constructor(options: PulseOptions) {
    this.#options = options;
  }

  /** Whether the host has a bot, and is to go on. */
  get isWatching(): boolean {
    return this.#begun && !this.#over;
  }

  begin(): void {
    if (this.#begun) return;
    this.#begun = true;
    this.#arm();
  }

  stop(): void {
    this.#over = true;
    this.#timer?.cancel();
  }

  /** Asks now. False when the bot blocks the host, which has been told then. Never rejects. */
  answers(): Promise<boolean> {
    if (!this.isWatching) return Promise.resolve(true);
    this.#asking ??= this.#ask().finally(() => (this.#asking = null));
    return this.#asking;
  }

  #arm(): void {
    this.#timer = this.#options.clock.setTimer(interval, () => {
      void this.answers().then((well) => {
        if (well && !this.#over) this.#arm();
      });
    });
  }

  async #ask(): Promise<boolean> {
    const { clock, blocked } = this.#options;
    const began = clock.monotonic();
    const before = this.#cpuTime();
    for (let question = 1; question <= questions; question++) {
      const answered = await this.#options.ask(deadline).then(
        () => true,
        () => false,
      );
      if (answered || this.#over) return true;
    }
    const waited = clock.monotonic() - began;
    if (!(await this.#isBusyItself(before, waited)) || this.#over) return true;
    this.#over = true;
    blocked(
      `The process of the session has not answered for ${Math.round(waited / 1_000)} s: its bot blocks it.`,
    );
    return false;
  }

  async #isBusyItself(before: number | null, waited: number): Promise<boolean> {
    const pid = this.#options.pid();
    const found = pid === null ? null : await this.#options.processes.find(pid).catch(() => null);
    // Asleep with questions unread: in a call that does not come back.
    if (found?.state === 'S') return true;
    const after = this.#cpuTime();
    if (found?.state !== 'R' || before === null || after === null) return false;
    return after - before >= waited * ownShare;
  }

  #cpuTime(): number | null {
    const pid = this.#options.pid();
    return pid === null ? null : this.#options.processes.cpuTime(pid);
  }
}
