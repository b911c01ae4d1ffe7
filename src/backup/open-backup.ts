/** From a vault to a profile on the disk that is as good as it was: fetched, compared, unpacked, looked at. */
import { join } from 'node:path';
import { VigilError } from '../errors.ts';
import type { ProfileVerdict } from '../profile/verdict.ts';
import { requireRoom } from '../system/room.ts';
import { subjectOf } from './catalogue.ts';
import { keyMissing, requireReadable } from './compatibility.ts';
import type { BackupManifest } from './manifest.ts';
import type { BackupTools, OnProgress } from './tools.ts';
import { unpack } from './unpack.ts';
import { download } from './vault-files.ts';

export interface OpenedBackup {
  /** A directory in `place`: `Default/…`. */
  readonly profile: string;
  readonly verdict: ProfileVerdict;
}

export interface OpenOptions {
  /** An empty directory of ours on the volume; whoever made it removes it. */
  readonly place: string;
  /** Of the browser that is to open it; null to leave that out. */
  readonly browser: string | null;
  readonly signal: AbortSignal;
  readonly progress?: OnProgress;
}

/**
 * Throws `backup_damaged`, `backup_key_missing` and `backup_not_found` for the backup, `session_refused` when it is not for this program or
 * browser, `disk_full` before anything is fetched that would not leave the floor free, and what the vault throws.
 */
export async function openBackup(
  manifest: BackupManifest,
  { place, browser, signal, progress = () => {} }: OpenOptions,
  tools: BackupTools,
): Promise<OpenedBackup> {
  const { disk, engine, encryption, floor } = tools;
  requireReadable(manifest, { engine, browser, encryption });
  const subject = subjectOf(manifest);
  const total = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
  const bytes = manifest.archive.bytes + total + manifest.files.length * fileOverhead;
  await requireRoom({ disk, floor }, place, { bytes, purpose: `${subject}, unpacked,` });
  const archive = join(place, 'archive');
  const size = manifest.archive.bytes;
  await download(tools.vault, manifest.archive, { path: archive, disk, subject }, signal, (done) =>
    progress({ step: 'download', done, total: size }),
  );
  const profile = join(place, 'profile');
  await disk.mkdir(profile, 'unpack:profile');
  await unpack(
    {
      archive,
      into: profile,
      layout: engine.layout,
      files: manifest.files,
      others: 'reject',
      encryption: manifest.encryption && encryption,
      subject,
      signal,
      progress: (done) => progress({ step: 'unpack', done, total }),
    },
    disk,
  ).catch((error: unknown) => {
    // Of a passphrase only a try says whether it is the one.
    const isLocked = error instanceof VigilError && error.code === 'backup_key_missing';
    throw isLocked ? keyMissing(manifest, encryption) : error;
  });
  await disk.remove(archive, 'unpack:archive');
  const scratch = join(place, 'scratch');
  await disk.mkdir(scratch, 'unpack:scratch');
  const verifying = () => progress({ step: 'verify', done: null, total: null });
  verifying();
  const expected = manifest.evidence;
  const verdict = await tools.verify(profile, {
    layout: engine.layout,
    depth: 'deep',
    expected,
    scratch,
    signal,
    progress: verifying,
  });
  return { profile, verdict };
}

/** A file takes whole blocks of the disk, and an inode. */
const fileOverhead = 4_608;
