/**
 * Who writes to a vault: the volume, by an id that is made at its first boot and goes with it wherever it is moved to.
 * A volume that was made anew is another installation, whatever its settings say.
 */
import { randomBytes } from 'node:crypto';
import type { Disk } from '../system/disk.ts';
import { moment, NotExpected, own, parseObject } from '../system/json-fields.ts';
import { readText } from '../system/read-text.ts';
import type { VolumeLayout } from '../volume/layout.ts';

export interface Installation {
  readonly version: 1;
  /** 128 random bits, hex. */
  readonly id: string;
  /** ISO time. */
  readonly createdAt: string;
}

export interface InstallationTools {
  readonly layout: Pick<VolumeLayout, 'installation'>;
  readonly disk: Disk;
  readonly now: number;
}

const pattern = /^[0-9a-f]{32}$/;
const largest = 4_096;

export function isInstallationId(id: unknown): id is string {
  return typeof id === 'string' && pattern.test(id);
}

/**
 * The volume's own; made where there is none. One that cannot be read is replaced: an id is worth nothing by itself, and a
 * new one only means that whoever owns the vault is asked for. For the holder of the volume's lock.
 */
export async function requireInstallation({ layout, disk, now }: InstallationTools): Promise<Installation> {
  const path = layout.installation;
  const found = await readText(path, largest, 'installation:read');
  if (found && 'text' in found) {
    const parsed = parseInstallation(found.text);
    if (parsed) return parsed;
  }
  const made: Installation = {
    version: 1,
    id: randomBytes(16).toString('hex'),
    createdAt: new Date(now).toISOString(),
  };
  await disk.writeFileAtomic(path, `${JSON.stringify(made, null, 2)}\n`, 'installation');
  return made;
}

/** Null for everything else. A later version keeps the id. */
export function parseInstallation(text: string): Installation | null {
  const parsed = parseObject(text);
  if ('problem' in parsed) return null;
  const id = own(parsed.found, 'id');
  if (!isInstallationId(id)) return null;
  try {
    return { version: 1, id, createdAt: moment(parsed.found, 'createdAt') };
  } catch (error) {
    if (error instanceof NotExpected) return null;
    throw error;
  }
}
