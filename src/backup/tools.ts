import type { ProfileLayout } from '../engine/profile-layout.ts';
import type { Clock } from '../system/clock.ts';
import type { Disk } from '../system/disk.ts';
import type { VolumeLayout } from '../volume/layout.ts';
import type { BackupEncryption } from './encryption.ts';
import type { Vault } from './vault.ts';
import type { Verify } from './verify.ts';

/** The engine whose profiles these are. */
export interface ProfileEngine {
  /** As a manifest names it. */
  readonly name: string;
  readonly layout: ProfileLayout;
}

export interface BackupTools {
  readonly vault: Vault;
  readonly disk: Disk;
  readonly clock: Clock;
  /** Of the volume. */
  readonly layout: VolumeLayout;
  readonly engine: ProfileEngine;
  readonly verify: Verify;
  /** Null where nothing is encrypted, and nothing that was can be opened. */
  readonly encryption: BackupEncryption | null;
  /** Bytes that must stay free on the volume for the running browsers. */
  readonly floor: number;
}

/** What a backup or a restore is at; bytes, null where nobody counts them. */
export interface Progress {
  readonly step: 'look' | 'copy' | 'verify' | 'archive' | 'put' | 'read-back' | 'download' | 'unpack';
  readonly done: number | null;
  readonly total: number | null;
}

/** Called at every step forward: who waits takes silence for a standstill. */
export type OnProgress = (progress: Progress) => void;
