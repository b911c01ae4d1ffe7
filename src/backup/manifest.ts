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

export interface BackupManifest {
  readonly version: 1;
  /** `<utc>-<epoch>-<first 12 hex digits of the archive's hash>`; never reused. */
  readonly id: string;
  readonly session: SessionId;
  /** ISO time of the copy. */
  readonly createdAt: string;
  /** Of the ownership under which it was taken. */
  readonly epoch: number;
  /** Digits, or null when unknown. */
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
    /** `frozen`: of a running browser that stood still meanwhile. `closed`: no browser ran. */
    readonly method: 'frozen' | 'closed';
    /** Milliseconds that the browser stood still; null when none ran. */
    readonly pause: number | null;
  };
  readonly evidence: LoginEvidence;
  readonly archive: { readonly name: string; readonly bytes: number; readonly sha256: string };
  readonly files: readonly BackupFile[];
}
