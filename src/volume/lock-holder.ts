/** Who holds the volume's lock, for people. Never consulted to decide anything: the kernel's lock decides. */
import { readFile } from 'node:fs/promises';
import type { Disk } from '../system/disk.ts';
import type { VolumeLayout } from './layout.ts';

export interface LockHolder {
  readonly pid: number;
  readonly hostname: string;
  /** What runs: `vigil serve`, `vigil backup --all` … */
  readonly command: string;
  readonly version: string;
  /** ISO time. */
  readonly startedAt: string;
}

/** Null where there is none or it says nothing of use. */
export async function readHolder(layout: VolumeLayout): Promise<LockHolder | null> {
  try {
    const found: unknown = JSON.parse(await readFile(layout.holder, 'utf8'));
    if (typeof found !== 'object' || found === null) return null;
    const { pid, hostname, command, version, startedAt } = found as Record<string, unknown>;
    if (typeof pid !== 'number') return null;
    return {
      pid,
      hostname: short(hostname),
      command: short(command),
      version: short(version),
      startedAt: short(startedAt),
    };
  } catch {
    return null;
  }
}

/** The lock is held with or without it: a disk that refuses this costs the name in a message. */
export async function writeHolder(layout: VolumeLayout, disk: Disk, holder: LockHolder): Promise<void> {
  await disk.writeFileAtomic(layout.holder, `${JSON.stringify(holder)}\n`, 'write-holder').catch(async () => {
    await removeHolder(layout, disk);
  });
}

export async function removeHolder(layout: VolumeLayout, disk: Disk): Promise<void> {
  await disk.remove(layout.holder, 'remove-holder').catch(() => false);
}

export function describeHolder(holder: LockHolder | null): string {
  if (!holder) return 'another process that left no name';
  const { pid, hostname, command, version, startedAt } = holder;
  return `"${command}" (pid ${pid} on ${hostname}, version ${version}, since ${startedAt})`;
}

function short(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value.slice(0, 200) : 'unknown';
}
