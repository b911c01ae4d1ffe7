/**
 * A log file a session, so that `vigil logs` has something to show wherever standard output goes. Two files of
 * one mebibyte at most: `<id>.log` and, before it, `<id>.log.1`.
 *
 * Lines are appended in order and in the background. A full disk, a missing directory or a planted link costs
 * lines, never an error: standard output has them too, and nothing may stop because of a log.
 */
import { constants } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import type { SessionId } from '../session/id.ts';
import { logPath, type VolumeLayout } from '../volume/layout.ts';

export interface SessionLogs {
  /** Takes a line with its line break. Never throws. */
  append(id: SessionId, line: string): void;
  /** Resolves once what was appended before is written or lost. */
  flush(): Promise<void>;
  /** Lines that could not be written. */
  readonly lost: number;
}

export const logFileLimit = 1_048_576;

/** A disk that hangs must not fill the memory. */
const pendingLimit = 262_144;

interface Pending {
  lines: string[];
  length: number;
  writing: Promise<void> | null;
}

export class VolumeSessionLogs implements SessionLogs {
  readonly #layout: VolumeLayout;
  readonly #limit: number;
  readonly #pending = new Map<SessionId, Pending>();
  #lost = 0;

  constructor(layout: VolumeLayout, limit = logFileLimit) {
    this.#layout = layout;
    this.#limit = limit;
  }

  get lost(): number {
    return this.#lost;
  }

  append(id: SessionId, line: string): void {
    const pending = this.#pending.get(id) ?? { lines: [], length: 0, writing: null };
    this.#pending.set(id, pending);
    if (pending.length + line.length > pendingLimit) {
      this.#lost++;
      return;
    }
    pending.lines.push(line);
    pending.length += line.length;
    pending.writing ??= this.#drain(id, pending);
  }

  async flush(): Promise<void> {
    await Promise.all([...this.#pending.values()].map(({ writing }) => writing));
  }

  async #drain(id: SessionId, pending: Pending): Promise<void> {
    // The lines of one turn of the event loop go out in one write.
    await Promise.resolve();
    while (pending.lines.length > 0) {
      const lines = pending.lines;
      pending.lines = [];
      pending.length = 0;
      await this.#write(logPath(this.#layout, id), lines).catch(() => {
        this.#lost += lines.length;
      });
    }
    this.#pending.delete(id);
  }

  async #write(path: string, lines: readonly string[]): Promise<void> {
    const text = Buffer.from(lines.join(''));
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
    const file = await open(path, flags, 0o600);
    try {
      const { size } = await file.stat();
      if (size === 0 || size + text.length <= this.#limit) {
        await file.writeFile(text);
        return;
      }
    } finally {
      await file.close();
    }
    await rename(path, `${path}.1`);
    await this.#write(path, lines);
  }
}
