/**
 * How many sessions start at once. More than the machine has cores only stretches every start towards its
 * deadline; the others wait in the order in which they came.
 */
import type { SessionId } from '../session/id.ts';
import type { Admission } from '../session/ports.ts';

interface Waiting {
  readonly admit: () => void;
}

export class BoundedAdmission implements Admission {
  readonly #limit: number;
  readonly #waiting: Waiting[] = [];
  #inside = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  enter(_id: SessionId, signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const waiting: Waiting = {
        admit: () => {
          signal.removeEventListener('abort', abort);
          resolve(this.#once());
        },
      };
      const abort = () => {
        const index = this.#waiting.indexOf(waiting);
        if (index >= 0) this.#waiting.splice(index, 1);
        reject(signal.reason);
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting.push(waiting);
      this.#admitNext();
    });
  }

  #once(): () => void {
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#inside--;
      this.#admitNext();
    };
  }

  #admitNext(): void {
    while (this.#inside < this.#limit) {
      const next = this.#waiting.shift();
      if (!next) return;
      this.#inside++;
      next.admit();
    }
  }
}
