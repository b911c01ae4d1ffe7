/**
 * Whether a profile is about to be opened by another Chromium or another library than before: either may write into it
 * what the one before cannot read. Asked once per session and run of the daemon, since neither changes while it runs.
 */
import { findBackup } from '../backup/catalogue.ts';
import { majorOf } from '../backup/compatibility.ts';
import { type ErrorCode, toVigilError } from '../errors.ts';
import type { Logger } from '../log.ts';
import { lastVersion } from '../profile/verification/last-version.ts';
import type { SessionId } from '../session/id.ts';
import { lastWritten } from '../session/last-written.ts';
import type { Upgrades } from '../session/ports.ts';
import type { SessionRecord } from '../session/record.ts';
import { DeadlineExceeded, within } from '../system/deadline.ts';
import { profilePath } from '../volume/layout.ts';
import type { RestoreTools } from './tools.ts';

/** Milliseconds for the vault to say what the newest backup was taken with; a start waits for it. */
const askWithin = 5_000;

export class VolumeUpgrades implements Upgrades {
  readonly #tools: RestoreTools;
  readonly #libraryVersion: () => Promise<string | null>;
  readonly #log: Logger;
  readonly #asked = new Set<SessionId>();
  /** It does not answer, or hangs in the middle of a backup; the sessions after this one do not wait for it as well. */
  #vaultIsAway = false;

  constructor(tools: RestoreTools, libraryVersion: () => Promise<string | null>, log: Logger) {
    this.#tools = tools;
    this.#libraryVersion = libraryVersion;
    this.#log = log;
  }

  async before(record: SessionRecord, signal: AbortSignal): Promise<string | null> {
    if (this.#asked.has(record.id)) return null;
    this.#asked.add(record.id);
    // The newest is of the profile as it lies there.
    if (record.backup !== null && lastWritten(record) <= Date.parse(record.backup.at)) return null;
    const what = (await this.#newBrowser(record, signal)) ?? (await this.#newLibrary(record, signal));
    if (what === null || !this.#vaultIsAway) return what;
    this.#log.warn({ session: record.id, what }, 'No backup before this: the vault does not answer');
    return null;
  }

  failed(code: ErrorCode | 'late'): void {
    if (code === 'vault_unavailable' || code === 'vault_refused' || code === 'late') this.#vaultIsAway = true;
  }

  async #newBrowser({ id }: SessionRecord, signal: AbortSignal): Promise<string | null> {
    const { layout, browserVersion } = this.#tools;
    const wrote = majorOf(await lastVersion(profilePath(layout, id), signal));
    const opens = majorOf(await browserVersion(signal));
    return wrote === null || opens === null || wrote === opens ? null : `Chromium ${opens} after ${wrote}`;
  }

  /** What a backup was taken with while it ran; where nobody can say, it counts as the same. */
  async #newLibrary({ id, backup }: SessionRecord, signal: AbortSignal): Promise<string | null> {
    const opens = await this.#libraryVersion();
    if (opens === null || backup === null || this.#vaultIsAway) return null;
    const { clock, vault } = this.#tools;
    const late = new AbortController();
    try {
      const asked = findBackup(vault, id, backup.id, AbortSignal.any([signal, late.signal]));
      const { library } = (await within(clock, askWithin, 'The newest backup', asked, signal)).engine;
      return library === null || library === opens ? null : `whatsapp-web.js ${opens} after ${library}`;
    } catch (thrown) {
      signal.throwIfAborted();
      late.abort(thrown);
      this.failed(thrown instanceof DeadlineExceeded ? 'late' : toVigilError(thrown).code);
      return null;
    }
  }
}
