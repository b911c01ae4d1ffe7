/**
 * The vault port: where backups live. Names are paths with `/` between their parts (`sessions/main/….tar.gz`), each
 * part 1 to 200 letters, digits, `.`, `_` or `-`, none of them `.` or `..`.
 *
 * Contract, held by every adapter (test/contracts/vault.ts):
 * - Every call takes a signal and settles soon after it aborts. Failures are VigilErrors: `vault_unavailable` when
 *   asking again can help, `vault_refused` when only a person helps, `disk_full`.
 * - `put` makes the object under its name as a whole or not at all, and durable before it resolves. A name that is
 *   taken by the same bytes counts as done; by others it rejects with `vault_refused` and leaves them.
 * - `get` rejects with `backup_not_found` when there is no such object; what it streams may break off with an error.
 * - `list` rejects when it cannot look into the prefix itself: an empty answer means that nothing is there. What is in
 *   the way below it (a link, a pipe, a directory that cannot be read) is listed with its `problem`: it neither hides the
 *   objects beside it nor goes unsaid. Sorted by name. A prefix is empty or whole parts with a `/` behind them
 *   (`sessions/main/`), so that `main` is not the beginning of `main2`. What no object can be called is not listed: others
 *   may keep things there.
 * - `remove` of what is not there resolves with false.
 * - `check` resolves when the vault itself is there and answers as one that can be used: only then does an empty listing
 *   mean anything to a person who has just set it up. It changes nothing. It rejects with `vault_refused` where the same
 *   settings can never work (no such bucket, a key that is not accepted, a file in the place of the directory), and with
 *   `vault_unavailable` where they may work later (nothing answers, a disk that is not mounted); either with a remedy
 *   that names what is missing and how it is made.
 * - `create` makes the vault itself where it is missing, for its owner only (a private bucket), and resolves with whether
 *   it did: of two at the same time both may say so. What is there is left as it is. Nobody but a person asks for it: a vault that is
 *   missing may as well be misspelt or not mounted, and an empty one in its place would look like one that holds nothing.
 */
import type { Readable } from 'node:stream';

export interface VaultObject {
  readonly name: string;
  readonly bytes: number;
  /** ISO time, by the vault's clock. */
  readonly modifiedAt: string;
  /** Why it is no object that can be had, the rest of a sentence: `is a symbolic link …`. Null for an object. */
  readonly problem: string | null;
}

/** What is put: a file of a known length and hash, never an endless stream. */
export interface VaultSource {
  readonly path: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

export interface Vault {
  /** As people name it: `directory:/data/vigil/vault`. Holds no secret. */
  readonly name: string;
  put(name: string, source: VaultSource, signal: AbortSignal): Promise<void>;
  get(name: string, signal: AbortSignal): Promise<Readable>;
  stat(name: string, signal: AbortSignal): Promise<VaultObject | null>;
  list(prefix: string, signal: AbortSignal): Promise<readonly VaultObject[]>;
  remove(name: string, signal: AbortSignal): Promise<boolean>;
  check(signal: AbortSignal): Promise<void>;
  create(signal: AbortSignal): Promise<boolean>;
}
