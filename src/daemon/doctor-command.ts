/** `vigil doctor`: the checks of src/doctor on this process, its volume and its machine. */
import { availableParallelism, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { foreignBackups, foreignWords } from '../backup/foreign-keys.ts';
import { findChromium } from '../chromium/find.ts';
import { packagedBrowser } from '../chromium/package-browser.ts';
import type { Flags } from '../cli/context.ts';
import { loadSettings } from '../config/load.ts';
import { diagnose } from '../doctor/diagnose.ts';
import { toVigilError } from '../errors.ts';
import type { Clock } from '../system/clock.ts';
import { LinuxDisk } from '../system/linux-disk.ts';
import { volumeLayout } from '../volume/layout.ts';
import type { Finding } from '../wording/finding.ts';
import { requireBotSetting } from './bot-file.ts';
import { becomeOwner, type Self } from './enter-volume.ts';
import { openEncryption } from './open-encryption.ts';
import { openBareVault } from './open-vault.ts';
import { requireLibrary } from './require-library.ts';

export interface DoctorCommand {
  readonly flags: Flags;
  /** Also creates the vault where it is missing. */
  readonly create: boolean;
  readonly self: Self;
  readonly clock: Clock;
  readonly browserCaches: readonly string[];
}

/** Needs sound settings and nothing else: what is wrong with the volume is a finding. */
export async function doctorCommand({
  flags,
  create,
  self,
  clock,
  browserCaches,
}: DoctorCommand): Promise<readonly Finding[]> {
  const { settings, sources } = loadSettings({ env: self.env, flags, cwd: self.cwd() });
  const layout = volumeLayout(settings.volume);
  // As the daemon would run; where that cannot be, the volume's check says why.
  const stillRoot = await becomeOwner(settings.volume, self).then(() => null, toVigilError);
  const disk = new LinuxDisk();
  return diagnose({
    settings,
    volumeSource: sources.volume,
    layout,
    env: self.env,
    uid: self.geteuid(),
    stillRoot,
    machine: { cores: availableParallelism(), totalMemory: totalmem(), freeMemory: freemem() },
    clock,
    disk,
    openVault: () => openBareVault({ settings, layout, disk, clock }),
    encryption: async (signal) => {
      // What it would warn of is a finding here.
      const encryption = await openEncryption({ settings, layout, clock, log: { warn: () => {} } });
      const vault = await openBareVault({ settings, layout, disk, clock });
      // A vault that cannot be listed is the finding of its own check.
      const foreign = await foreignBackups(vault, encryption, signal).catch(() => []);
      const { sealsFor = null, opens = [] } = encryption ?? {};
      return { sealsFor, opens, foreign: foreignWords(foreign) };
    },
    create,
    packagedBrowser,
    requireLibrary: (signal) => requireLibrary({ library: settings.library, env: self.env, clock, signal }),
    requireBot: () => requireBotSetting(settings.bot),
    findBrowser: (signal) =>
      findChromium({
        setting: settings.chromiumExecutable,
        env: self.env,
        caches: [join(layout.cache, 'chromium'), ...browserCaches],
        download: false,
        npmPackage: false,
        clock,
        report: () => {},
        signal,
      }),
  });
}
