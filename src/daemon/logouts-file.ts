/** The logins that were given back, in a file on the volume: a restart of the daemon must not log anybody in again. */
import { readFile } from 'node:fs/promises';
import { toVigilError } from '../errors.ts';
import type { HttpLog } from '../http/app.ts';
import type { Logout, Logouts } from '../http/logouts.ts';

import type { Disk } from '../system/disk.ts';
import { unlessAbsent } from '../system/errno.ts';

export class LogoutsFile implements Logouts {
  readonly #path: string;
  readonly #disk: Disk;
  readonly #log: Pick<HttpLog, 'warn'>;

  constructor(path: string, disk: Disk, log: Pick<HttpLog, 'warn'>) {
    this.#path = path;
    this.#disk = disk;
    this.#log = log;
  }

  /** Never throws: a daemon does not stay away for its pages' sake. */
  async read(): Promise<readonly Logout[] | null> {
    try {
      const text = await unlessAbsent(readFile(this.#path, 'utf8'));
      const found: unknown = text === null ? { version, logouts: [] } : JSON.parse(text);
      if (isKept(found)) return found.logouts;
      this.#log.warn({ path: this.#path }, `${unknown}: the file is not of the form that is expected`);
    } catch (thrown) {
      this.#log.warn({ path: this.#path, err: toVigilError(thrown) }, `${unknown}: the file cannot be read`);
    }
    return null;
  }

  async keep(logouts: readonly Logout[]): Promise<void> {
    await this.#disk.writeFileAtomic(
      this.#path,
      `${JSON.stringify({ version, logouts })}\n`,
      'write-logouts',
    );
  }
}

const version = 1;
const unknown = 'Everybody has to log in to the pages again, since nobody knows which logins were given back';

function isKept(found: unknown): found is { readonly logouts: readonly Logout[] } {
  if (typeof found !== 'object' || found === null) return false;
  const { version: written, logouts } = found as Record<string, unknown>;
  return written === version && Array.isArray(logouts) && logouts.every(isLogout);
}

function isLogout(entry: unknown): entry is Logout {
  if (typeof entry !== 'object' || entry === null) return false;
  const { name, ends } = entry as Record<string, unknown>;
  return typeof name === 'string' && typeof ends === 'number';
}
