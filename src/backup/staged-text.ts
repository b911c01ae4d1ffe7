/** A text in a file of its own in staging, as a vault wants what it is given. */
import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { closeStaging, type StagingTools } from './staging.ts';
import type { VaultSource } from './vault.ts';

/** A new directory of ours that belongs to no session. Whoever opens it closes it (staging.ts). */
export async function openPlace(purpose: string, { layout, disk }: StagingTools): Promise<string> {
  await disk.mkdir(layout.staging, 'staging:root');
  const place = join(layout.staging, `${purpose}-${randomBytes(6).toString('hex')}`);
  await disk.mkdir(place, 'staging:open');
  return place;
}

/** `purpose` becomes part of the directory's name. The file is gone afterwards, or swept after a crash. */
export async function withStagedText<T>(
  purpose: string,
  text: string,
  { layout, disk }: StagingTools,
  use: (source: VaultSource) => Promise<T>,
): Promise<T> {
  const place = await openPlace(purpose, { layout, disk });
  try {
    const path = join(place, 'text');
    await disk.createFile(path, text, 'staging:text');
    const sha256 = createHash('sha256').update(text).digest('hex');
    return await use({ path, bytes: Buffer.byteLength(text), sha256 });
  } finally {
    await closeStaging(place, disk);
  }
}
