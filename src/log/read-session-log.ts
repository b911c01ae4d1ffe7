/** Reading a session's log back, and following it while it is written and rotated. */
import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import type { SessionId } from '../session/id.ts';
import type { Clock } from '../system/clock.ts';
import { unlessAbsent } from '../system/errno.ts';
import { logPath, type VolumeLayout } from '../volume/layout.ts';

const pollEvery = 250;
const newline = 0x0a;

/** The newest lines, oldest first; empty where nothing was logged. A line that is not complete is left out. */
export async function readSessionLog(
  layout: VolumeLayout,
  id: SessionId,
  options: { readonly lines: number },
): Promise<readonly string[]> {
  const path = logPath(layout, id);
  const [older, newer] = await Promise.all(
    [`${path}.1`, path].map((part) => unlessAbsent(readFile(part, 'utf8'))),
  );
  return lastOf([...complete(older ?? ''), ...complete(newer ?? '')], options.lines);
}

/**
 * The newest `lines` and then whatever is appended, without a gap between the two, until the signal aborts.
 * A rotation in between is followed; lines are lost only where the file is rotated twice within a poll.
 */
export async function* followSessionLog(
  layout: VolumeLayout,
  id: SessionId,
  options: { readonly lines: number; readonly clock: Clock; readonly signal: AbortSignal },
): AsyncGenerator<string, void, void> {
  const path = logPath(layout, id);
  const tail = new Tail();
  try {
    const older = await unlessAbsent(readFile(`${path}.1`, 'utf8'));
    const newer = await tail.read(path);
    yield* lastOf([...complete(older ?? ''), ...newer], options.lines);
    while (!options.signal.aborted) {
      yield* await tail.read(path);
      // Aborted while asleep: the loop ends.
      await options.clock.sleep(pollEvery, options.signal).catch(() => {});
    }
  } finally {
    await tail.close();
  }
}

function complete(text: string): readonly string[] {
  return text.split('\n').slice(0, -1);
}

function lastOf(lines: readonly string[], count: number): readonly string[] {
  return count > 0 ? lines.slice(-count) : [];
}

/** One file by its handle, which stays on the renamed file until its end has been read. */
class Tail {
  #file: FileHandle | null = null;
  #offset = 0;
  #rest = Buffer.alloc(0);

  async read(path: string): Promise<readonly string[]> {
    const lines: string[] = [];
    if (this.#file) lines.push(...(await this.#appended(this.#file)));
    if (await this.#replaced(path)) {
      // Once more: what was appended between the read above and the rename.
      if (this.#file) lines.push(...(await this.#appended(this.#file)));
      await this.close();
      this.#file = await unlessAbsent(open(path, 'r'));
      if (this.#file) lines.push(...(await this.#appended(this.#file)));
    }
    return lines;
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    this.#offset = 0;
    this.#rest = Buffer.alloc(0);
    await file?.close();
  }

  async #replaced(path: string): Promise<boolean> {
    if (!this.#file) return true;
    const [ours, now] = await Promise.all([this.#file.stat(), unlessAbsent(stat(path))]);
    return now !== null && (now.ino !== ours.ino || now.dev !== ours.dev);
  }

  async #appended(file: FileHandle): Promise<readonly string[]> {
    const { size } = await file.stat();
    // Somebody emptied it in place.
    if (size < this.#offset) {
      this.#offset = 0;
      this.#rest = Buffer.alloc(0);
    }
    const { buffer, bytesRead } = await file.read(
      Buffer.alloc(size - this.#offset),
      0,
      size - this.#offset,
      this.#offset,
    );
    this.#offset += bytesRead;
    const bytes = Buffer.concat([this.#rest, buffer.subarray(0, bytesRead)]);
    const end = bytes.lastIndexOf(newline) + 1;
    this.#rest = bytes.subarray(end);
    return complete(bytes.subarray(0, end).toString('utf8'));
  }
}
