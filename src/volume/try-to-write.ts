import { stat } from 'node:fs/promises';
import type { Disk } from '../system/disk.ts';
import { temporaryPath } from '../system/linux-disk.ts';

/**
 * The steps that everything relies on, really taken: permissions and quotas lie, and a full disk says so only now.
 * Resolves with when the volume dates it. Throws what the disk throws; nothing stays behind, or is swept later.
 */
export async function tryToWrite(directory: string, disk: Disk): Promise<{ readonly mtimeMs: number }> {
  const first = temporaryPath(directory);
  const second = temporaryPath(directory);
  try {
    await disk.createFile(first, Buffer.alloc(4_096, 1), 'try:create');
    await disk.rename(first, second, 'try:rename');
    await disk.syncDirectory(directory, 'try:sync');
    return await stat(second);
  } finally {
    for (const path of [first, second]) await disk.remove(path, 'try:remove').catch(() => false);
  }
}
