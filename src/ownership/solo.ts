/**
 * Ownership on one machine. Who holds the volume's lock owns every session on it, so that nothing can be lost;
 * what remains to be kept is that one session is claimed once at a time.
 */
import type { SessionId } from '../session/id.ts';
import type { Claim, Ownership } from './ownership.ts';

interface Turn {
  /** Resolves when everybody before has had their turn. */
  readonly settled: Promise<void>;
}

export class SoloOwnership implements Ownership {
  readonly #last = new Map<SessionId, Turn>();
  readonly #epochs = new Map<SessionId, number>();
  readonly #epochBefore: (session: SessionId) => number;

  /** `epochBefore`: the last epoch of earlier runs of the daemon, where it is known. */
  constructor(epochBefore: (session: SessionId) => number = () => 0) {
    this.#epochBefore = epochBefore;
  }

  async claim(session: SessionId, signal: AbortSignal): Promise<Claim> {
    signal.throwIfAborted();
    const before = this.#last.get(session)?.settled;
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    // Whoever gives up while waiting still keeps their place in the line: those behind wait for those before.
    const turn: Turn = { settled: Promise.all([before, over]).then(() => {}) };
    this.#last.set(session, turn);
    void turn.settled.then(() => {
      if (this.#last.get(session) === turn) this.#last.delete(session);
    });
    try {
      await unlessAborted(before, signal);
    } catch (error) {
      end();
      throw error;
    }
    const epoch = (this.#epochs.get(session) ?? this.#epochBefore(session)) + 1;
    this.#epochs.set(session, epoch);
    return { epoch, signal: new AbortController().signal, release: end };
  }
}

function unlessAborted(wait: Promise<void> | undefined, signal: AbortSignal): Promise<void> {
  if (!wait) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    void wait.then(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
  });
}
