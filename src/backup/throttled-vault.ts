/**
 * Bounds what is under way with a vault at the same time. Lanes of their own, so that a night's backups keep no restore
 * waiting, and no transfer a question.
 */
import type { Readable } from 'node:stream';
import type { Clock } from '../system/clock.ts';
import type { Vault } from './vault.ts';
import { VaultAround, type VaultQuestion } from './vault-around.ts';

/** Each holds a part of a file in memory, and four fill any uplink that a machine with sessions has. */
const uploads = 4;
/** Sessions wait for these, each writing to the disk of the volume. */
const downloads = 8;
/** Stores count requests in a second; this many at once, at some 50 ms each, stay far below what any of them allows. */
const questions = 16;
/**
 * Milliseconds after which a download begins whatever is under way: a reader that never ends its stream, or one that
 * asks for a second object in the middle of the first, must not keep sessions from coming back.
 */
const longestWait = 60_000;

export class ThrottledVault extends VaultAround {
  readonly #clock: Clock;
  readonly #uploads = new Lane(uploads);
  readonly #downloads = new Lane(downloads);
  readonly #questions = new Lane(questions);

  constructor(vault: Vault, clock: Clock) {
    super(vault);
    this.#clock = clock;
  }

  override async get(name: string, signal: AbortSignal): Promise<Readable> {
    const enough = new AbortController();
    const timer = this.#clock.setTimer(longestWait, () => enough.abort());
    const leave = await this.#downloads.enter(AbortSignal.any([signal, enough.signal])).catch(() => {
      signal.throwIfAborted();
      return () => {};
    });
    timer.cancel();
    try {
      const stream = await this.vault.get(name, signal);
      stream.once('close', leave);
      return stream;
    } catch (error) {
      leave();
      throw error;
    }
  }

  protected async around<T>({ call }: VaultQuestion, signal: AbortSignal, ask: () => Promise<T>): Promise<T> {
    const leave = await (call === 'put' ? this.#uploads : this.#questions).enter(signal);
    try {
      return await ask();
    } finally {
      leave();
    }
  }
}

/** Lets so many in at a time, in the order in which they came. */
class Lane {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(size: number) {
    this.#free = size;
  }

  /** Resolves with the way out, to be taken once or more often; rejects with the signal's reason. */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#free > 0) this.#free--;
    else await this.#wait(signal);
    let inside = true;
    return () => {
      if (!inside) return;
      inside = false;
      const [next] = this.#waiting;
      if (next) next();
      else this.#free++;
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (then: () => void) => () => {
        this.#waiting.delete(enter);
        signal.removeEventListener('abort', give);
        then();
      };
      const enter = settle(resolve);
      const give = settle(() => reject(signal.reason));
      this.#waiting.add(enter);
      signal.addEventListener('abort', give, { once: true });
    });
  }
}
