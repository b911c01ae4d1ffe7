/** The way onto a volume, the same for the daemon and every command: settings, user, volume. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Flags } from '../cli/context.ts';
import { type Loaded, loadSettings } from '../config/load.ts';
import { LinuxDisk } from '../system/linux-disk.ts';
import { dropPrivileges, type Privileges } from '../volume/drop-privileges.ts';
import type { VolumeLayout } from '../volume/layout.ts';
import { openVolume, type VolumeOrigin } from '../volume/volume.ts';

/** The part of `process` that entering needs. */
export interface Self extends Privileges {
  readonly execPath: string;
  cwd(): string;
}

export interface Entered {
  readonly loaded: Loaded;
  readonly layout: VolumeLayout;
}

/** Throws what loadSettings, dropPrivileges and openVolume throw. Nothing was touched before they all agreed. */
export async function enterVolume(flags: Flags, self: Self): Promise<Entered> {
  const loaded = loadSettings({ env: self.env, flags, cwd: self.cwd() });
  const root = loaded.settings.volume;
  await becomeOwner(root, self);
  const layout = await openVolume({
    root,
    origin: originOf(loaded),
    env: self.env,
    expectMount: loaded.settings.expectMount === '1',
    disk: new LinuxDisk(),
    uid: self.geteuid(),
  });
  return { loaded, layout };
}

/** Root becomes the volume's owner. Throws `volume_permission` where that user cannot run this program. */
export async function becomeOwner(root: string, self: Self): Promise<void> {
  await dropPrivileges({
    root,
    program: [self.execPath, fileURLToPath(import.meta.url)],
    process: self,
    account: accountOf,
  });
}

export function originOf({ sources }: Pick<Loaded, 'sources'>): VolumeOrigin {
  const source = sources.volume;
  if (source.kind === 'default' || source.kind === 'flag') return source.kind;
  return source.name === 'RAILWAY_VOLUME_MOUNT_PATH' ? source.name : 'VIGIL_VOLUME';
}

/** From /etc/passwd; a user that is only a number has neither a name nor a home. */
function accountOf(uid: number): { name: string; home: string } | null {
  try {
    for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
      const [name, , id, , , home] = line.split(':');
      if (name && home && Number(id) === uid) return { name, home };
    }
  } catch {
    // A system without the file has no names to tell.
  }
  return null;
}
