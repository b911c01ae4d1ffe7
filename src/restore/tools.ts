import type { BackupTools } from '../backup/tools.ts';
import type { Processes } from '../system/processes.ts';

export interface RestoreTools extends BackupTools {
  readonly processes: Processes;
  /** Of the browser that will open the profile, as `156.0.8078.79`; null when nobody knows. */
  readonly browserVersion: (signal: AbortSignal) => Promise<string | null>;
}

/** What moving profiles about needs; no vault, since a journal is replayed whether or not one answers. */
export type SwapTools = Pick<RestoreTools, 'layout' | 'disk' | 'clock' | 'processes' | 'engine'>;

/** Why a profile is in quarantine that a backup took the place of. */
export const replaced = 'replaced';
