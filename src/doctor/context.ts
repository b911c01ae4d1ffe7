import type { Vault } from '../backup/vault.ts';
import type { FoundChromium } from '../chromium/find.ts';
import type { Source } from '../config/load.ts';
import type { Settings } from '../config/settings.ts';
import type { VigilError } from '../errors.ts';
import type { Machine } from '../system/capacity.ts';
import type { Clock } from '../system/clock.ts';
import type { Disk } from '../system/disk.ts';
import type { VolumeLayout } from '../volume/layout.ts';
import type { Finding } from '../wording/finding.ts';

/** All that the checks look at. They change nothing but scratch files, which they remove. */
export interface DoctorContext {
  readonly settings: Settings;
  /** Where the volume's path came from: a default one may be missing, one that was named may not. */
  readonly volumeSource: Source;
  readonly layout: VolumeLayout;
  readonly env: NodeJS.ProcessEnv;
  /** Effective user of this process. */
  readonly uid: number;
  /** Why this runs as root although the volume is somebody else's; null where it does not. */
  readonly stillRoot: VigilError | null;
  readonly machine: Machine;
  readonly clock: Clock;
  readonly disk: Disk;
  /** `findChromium` without a download and without unpacking one: neither is a doctor's to do. */
  readonly findBrowser: (signal: AbortSignal) => Promise<FoundChromium>;
  /** The npm package whose browser a start would unpack; null where there is none. */
  readonly packagedBrowser: () => Promise<string | null>;
  /** Throws `engine_unusable` where VIGIL_WWEBJS names a library that cannot be used. */
  readonly requireLibrary: (signal: AbortSignal) => Promise<void>;
  /** The vault that the settings name, with deadlines and nothing else around it. */
  readonly openVault: () => Promise<Vault>;
  /**
   * What backups are sealed for, what here opens them, and a sentence for each set of keys that newest backups are sealed
   * for and that are not here. Throws `invalid_config` for keys that cannot be used.
   */
  readonly encryption: (signal: AbortSignal) => Promise<{
    readonly sealsFor: readonly string[] | null;
    readonly opens: readonly string[];
    readonly foreign: readonly string[];
  }>;
  /** A person wants what is missing of the vault created. */
  readonly create: boolean;
  /** Throws `invalid_config` where VIGIL_BOT names something that is no file. */
  readonly requireBot: () => Promise<void>;
}

/** A check may find several things. What it throws is a finding too. */
export interface Check {
  readonly name: string;
  readonly run: (
    context: DoctorContext,
    signal: AbortSignal,
  ) => Promise<readonly Finding[]> | readonly Finding[];
}
