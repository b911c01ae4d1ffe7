/** What a recovery of a lost volume is asked for, and what it says (backup-operations.ts carries it). */
import type { SessionId } from '../session/id.ts';
import type { FailureReason } from '../session/state.ts';

export interface RecoverySessionView {
  readonly session: SessionId;
  /**
   * `there`: the volume knows it, and it is left alone. `restore`: its newest good backup takes its place, and it starts.
   * `stopped`, `failed`: it comes back as that, and a person starts it. `pair`: it had no login. `lost`: it had one, and
   * no backup can be used.
   */
  readonly action: 'there' | 'restore' | 'stopped' | 'failed' | 'pair' | 'lost';
  readonly failure: FailureReason | null;
  /** Masked: its last digits. */
  readonly phone: string | null;
  /** The newest good one; null when there is none. */
  readonly backup: { readonly id: string; readonly takenAt: string; readonly bytes: number } | null;
  /** Nobody remembers whether it was wanted. */
  readonly guessed: boolean;
}

export interface VaultOwnerView {
  readonly installation: string;
  /** Null where its record cannot be read. */
  readonly host: string | null;
  /** ISO time, by the vault's clock. */
  readonly renewedAt: string;
}

export interface RecoveryView {
  readonly vault: string;
  /** Another installation that last said that the vault is its own; null when none did. */
  readonly owner: VaultOwnerView | null;
  /** What the records come from; null where there is none, and backups are all that is known. */
  readonly snapshot: { readonly id: string; readonly takenAt: string } | null;
  readonly sessions: readonly RecoverySessionView[];
  /** Whether it was carried out. */
  readonly done: boolean;
}

export interface RecoveryRequest {
  /** Null for all. */
  readonly sessions: readonly SessionId[] | null;
  readonly dryRun: boolean;
  /** Whoever owns the vault loses it. */
  readonly takeOver: boolean;
}
