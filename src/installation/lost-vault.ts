/**
 * A file that is there while another installation owns the vault and may run sessions of this volume: a restart knows it
 * before the vault has answered, and when it does not.
 */
import { dirname } from 'node:path';
import type { Disk } from '../system/disk.ts';
import { list, NotExpected, own, parseObject, text } from '../system/json-fields.ts';
import { readText } from '../system/read-text.ts';
import type { VolumeLayout } from '../volume/layout.ts';

export interface LostVault {
  readonly version: 1;
  /** Its name; with another vault this says nothing. */
  readonly vault: string;
  /** Whose it is, and what a person does about it. */
  readonly problem: string;
  readonly remedy: string;
  /** Ids of sessions that the other may run. */
  readonly sessions: readonly string[];
}

export interface LostVaultTools {
  readonly layout: Pick<VolumeLayout, 'lostVault'>;
  readonly disk: Disk;
}

const longest = 4_000;
const most = 100_000;
const largest = 8_000_000;

/** Null where there is none. Damaged it is none as well: the vault is asked at each start. */
export async function readLostVault({ layout }: Pick<LostVaultTools, 'layout'>): Promise<LostVault | null> {
  const read = await readText(layout.lostVault, largest, 'lost-vault:read');
  return read && 'text' in read ? parseLostVault(read.text) : null;
}

/** Durable when it resolves. */
export async function writeLostVault(lost: LostVault, { layout, disk }: LostVaultTools): Promise<void> {
  await disk.writeFileAtomic(layout.lostVault, `${JSON.stringify(lost, null, 2)}\n`, 'lost-vault');
}

export async function clearLostVault({ layout, disk }: LostVaultTools): Promise<void> {
  if (await disk.remove(layout.lostVault, 'lost-vault:end'))
    await disk.syncDirectory(dirname(layout.lostVault), 'lost-vault:end-sync');
}

/** Null for everything else. Never throws. */
export function parseLostVault(written: string): LostVault | null {
  const parsed = parseObject(written);
  if ('problem' in parsed) return null;
  const { found } = parsed;
  try {
    const sessions = list(found, 'sessions', most).filter((id) => typeof id === 'string');
    return own(found, 'version') === 1
      ? {
          version: 1,
          vault: text(found, 'vault', longest),
          problem: text(found, 'problem', longest),
          remedy: text(found, 'remedy', longest),
          sessions,
        }
      : null;
  } catch (error) {
    if (error instanceof NotExpected) return null;
    throw error;
  }
}
