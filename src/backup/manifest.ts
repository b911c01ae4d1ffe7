/**
 * The manifest of a backup: written last, after its archive was read back with the same hash. No manifest, no
 * backup. A public format: fields are added, never renamed; `version` rises when an old reader would be wrong.
 */
import type { LoginEvidence } from '../profile/verdict.ts';
import type { SessionId } from '../session/id.ts';

export interface BackupFile {
  /** Relative to the profile, with `/`: `Default/Local Storage/leveldb/CURRENT`. */
  readonly path: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/**
 * When a login was made: the same in every backup of it and in its session's record, and in no other. Compared for being
 * the same and never for being earlier, since the clock may have been wrong.
 */
export interface LoginOrigin {
  readonly epoch: number;
  /** ISO time. */
  readonly at: string;
}

export interface BackupManifest {
  readonly version: 1;
  /** `<utc>-<epoch>-<first 12 hex digits of the archive's hash>`; never reused. */
  readonly id: string;
  readonly session: SessionId;
  /** ISO time of the copy. */
  readonly createdAt: string;
  /** Of the ownership under which it was taken, or above what the vault knew where that count was lost. */
  readonly epoch: number;
  /** The pairing that made this login; null where nobody knows, as of a profile that was taken up. */
  readonly login: LoginOrigin | null;
  /** Digits; null when unknown, and where the archive is encrypted: a manifest is not. */
  readonly phone: string | null;
  readonly engine: {
    readonly name: string;
    /** Of the engine's list of essential directories. */
    readonly layout: number;
    readonly library: string | null;
    readonly browser: string | null;
    readonly web: string | null;
  };
  readonly copy: {
    /**
     * `frozen`: of a running browser that stood still meanwhile. `closed`: no browser ran. `unknown`: somebody else made
     * it, and it was looked at as deeply as any.
     */
    readonly method: 'frozen' | 'closed' | 'unknown';
    /** Milliseconds that the browser stood still; null when none ran. */
    readonly pause: number | null;
  };
  readonly evidence: LoginEvidence;
  /** Names of the keys that its archive is encrypted for; null of a plain one. */
  readonly encryption: { readonly keys: readonly string[] } | null;
  readonly archive: { readonly name: string; readonly bytes: number; readonly sha256: string };
  readonly files: readonly BackupFile[];
}
