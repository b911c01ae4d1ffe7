/** A backup put in place on a volume of its own, as a restore does it, and started by a bare program. */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { findBackup } from '../../src/backup/catalogue.ts';
import { whatsappWeb } from '../../src/engine/whatsapp-web/profile-layout.ts';
import { verifyProfile } from '../../src/profile/verification/verify-profile.ts';
import { restoreBackup } from '../../src/restore/restore-backup.ts';
import type { RestoreTools } from '../../src/restore/tools.ts';
import type { SessionId } from '../../src/session/id.ts';
import { systemClock } from '../../src/system/clock.ts';
import { LinuxDisk } from '../../src/system/linux-disk.ts';
import { LinuxProcesses } from '../../src/system/linux-processes.ts';
import { DirectoryVault } from '../../src/vault/directory-vault.ts';
import { type VolumeLayout, volumeLayout } from '../../src/volume/layout.ts';
import { startBare } from '../bare.ts';
import { killLeftovers } from '../processes.ts';
import type { Workshop } from '../workshop.ts';
import { messagesHeld } from './device.ts';

export interface Backup {
  readonly id: string;
  readonly session: SessionId;
  /** The volume whose vault holds it. */
  readonly of: VolumeLayout;
  /** As the simulator names it. */
  readonly device: string;
  /** Messages that were in the profile for certain when the backup was asked for. */
  readonly confirmed: number;
}

export interface PutBack {
  readonly backup: string;
  readonly came: 'ready' | 'qr' | 'neither';
  /** What was wrong; null where nothing was. */
  readonly why: string | null;
  /** Messages that were confirmed and are not there; null where nobody could look. */
  readonly lacks: number | null;
}

const patience = 120_000;
const never = new AbortController().signal;

export async function putBack(workshop: Workshop, backup: Backup): Promise<PutBack> {
  const layout = volumeLayout(await mkdtemp(join(workshop.scratch, 'put-back-')));
  try {
    for (const path of [layout.ours, layout.sessions, layout.quarantine])
      await mkdir(path, { recursive: true });
    const tools = toolsOn(layout, backup.of);
    const manifest = await findBackup(tools.vault, backup.session, backup.id, never);
    await restoreBackup(manifest, { signal: never }, tools);
    return { backup: backup.id, ...(await started(workshop, layout, backup)) };
  } catch (thrown) {
    return { backup: backup.id, came: 'neither', why: String(thrown), lacks: null };
  } finally {
    await killLeftovers(layout.root);
    await rm(layout.root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
}

async function started(
  workshop: Workshop,
  layout: VolumeLayout,
  { session, device, confirmed }: Backup,
): Promise<Omit<PutBack, 'backup'>> {
  const { control } = workshop;
  await using program = startBare(workshop, layout, [session]);
  const { json } = await program.line(
    ({ event }) => event === 'ready' || event === 'qr' || event === 'failed',
    'what came of it',
    { deadline: patience },
  );
  if (json['event'] === 'failed') return { came: 'neither', why: String(json['reason']), lacks: null };
  if (json['event'] === 'qr') {
    const { pages } = await control.state();
    return { came: 'qr', why: pages.at(-1)?.damage ?? null, lacks: null };
  }
  const lacks = Math.max(0, confirmed - (await messagesHeld(control, device)));
  return { came: 'ready', why: null, lacks };
}

function toolsOn(layout: VolumeLayout, from: VolumeLayout): RestoreTools {
  const disk = new LinuxDisk();
  return {
    layout,
    disk,
    clock: systemClock,
    processes: new LinuxProcesses(),
    vault: new DirectoryVault({ path: from.vault, disk, clock: systemClock, onVolume: true }),
    engine: whatsappWeb,
    verify: verifyProfile,
    encryption: null,
    floor: 0,
    browserVersion: async () => null,
  };
}
