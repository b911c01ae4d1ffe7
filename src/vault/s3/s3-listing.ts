/** What a bucket holds below a prefix: all of it, or an error. */
import { ListObjectsV2Command, type S3Client, type _Object as StoredObject } from '@aws-sdk/client-s3';
import type { VaultObject } from '../../backup/vault.ts';
import { isObjectName } from '../object-name.ts';
import { requireAnswer, unavailable } from './s3-failure.ts';

export interface Listing {
  readonly client: S3Client;
  /** As people name the vault. */
  readonly vault: string;
  readonly bucket: string;
  /** Of the vault itself: what lies outside it is somebody else's. */
  readonly root: string;
}

/** Kept where nothing can be had at once. */
const asleep = ['GLACIER', 'DEEP_ARCHIVE'];

export async function listObjects(
  { client, vault, bucket, root }: Listing,
  prefix: string,
  signal: AbortSignal,
): Promise<VaultObject[]> {
  const found: VaultObject[] = [];
  let token: string | undefined;
  do {
    const request = new ListObjectsV2Command({
      Bucket: bucket,
      Prefix: `${root}${prefix}`,
      ...(token === undefined ? {} : { ContinuationToken: token }),
    });
    const page = await client.send(request, { abortSignal: signal });
    requireAnswer(vault, page.IsTruncated);
    for (const object of page.Contents ?? []) {
      const one = described(object, root);
      if (one) found.push(one);
    }
    const next = page.IsTruncated ? page.NextContinuationToken : undefined;
    // Half a listing would pass for a whole one.
    if (page.IsTruncated && (next === undefined || next === token))
      throw unavailable(vault, 'its listing does not go on');
    token = next;
  } while (token !== undefined);
  return found.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Whether there is a bucket that can be listed: unlike a HEAD this says why not. */
export async function lookInto({ client, vault, bucket, root }: Listing, signal: AbortSignal): Promise<void> {
  const request = new ListObjectsV2Command({ Bucket: bucket, Prefix: root, MaxKeys: 1 });
  const { IsTruncated } = await client.send(request, { abortSignal: signal });
  requireAnswer(vault, IsTruncated);
}

function described(
  { Key, Size, LastModified, StorageClass }: StoredObject,
  root: string,
): VaultObject | null {
  if (!Key?.startsWith(root)) return null;
  const name = Key.slice(root.length);
  // What no object can be called is somebody else's, such as the markers of folders.
  if (!isObjectName(name)) return null;
  const problem = asleep.includes(String(StorageClass))
    ? `lies in ${StorageClass} and has to be brought back from there first`
    : null;
  return { name, bytes: Size ?? 0, modifiedAt: toSecond(LastModified), problem };
}

/** A HEAD knows no parts of seconds, a listing does. */
export function toSecond(date: Date | undefined): string {
  const ms = date?.getTime() ?? Number.NaN;
  return new Date(Number.isNaN(ms) ? 0 : ms - (ms % 1_000)).toISOString();
}
