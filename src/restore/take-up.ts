/**
 * The archives of other tools (backup/unmanaged.ts) on their way to becoming backups of ours: a person names one, it is
 * fetched, unpacked with nothing of it trusted, looked at deeply, and archived anew with a manifest. From then on it is
 * restored, and rolled back, as any other. What it was made of stays where it is.
 */
import { join } from 'node:path';
import type { BackupManifest } from '../backup/manifest.ts';
import { closeStaging, openStaging } from '../backup/staging.ts';
import { takeBackup } from '../backup/take-backup.ts';
import type { OnProgress } from '../backup/tools.ts';
import { archiveSubject, type UnmanagedArchive } from '../backup/unmanaged.ts';
import { damaged, unpack } from '../backup/unpack.ts';
import { contentsOf } from '../backup/vault-files.ts';
import type { ProfileVerdict } from '../profile/verdict.ts';
import type { SessionId } from '../session/id.ts';
import { requireRoom } from '../system/room.ts';
import type { RestoreTools } from './tools.ts';

export interface TakeUpOptions {
  readonly signal: AbortSignal;
  readonly progress?: OnProgress;
}

/** One that somebody can say whose it is. */
type Owned = UnmanagedArchive & { readonly session: SessionId };

/** What a deep look at it comes to; leaves nothing. Throws `backup_damaged`, `disk_full` and what the vault throws. */
export async function rehearseTakeUp(
  archive: Owned,
  options: TakeUpOptions,
  tools: RestoreTools,
): Promise<ProfileVerdict> {
  return within(archive, options, tools, async (profile, place) => {
    const { disk, engine, verify } = tools;
    const scratch = join(place, 'scratch');
    await disk.mkdir(scratch, 'take-up:scratch');
    const verifying = () => options.progress?.({ step: 'verify', done: null, total: null });
    verifying();
    return verify(profile, {
      layout: engine.layout,
      depth: 'counted',
      expected: null,
      scratch,
      signal: options.signal,
      progress: verifying,
    });
  });
}

/**
 * The backup that it has become. It counts for less than all others: it is older than them, and nothing but a person
 * chose it. Throws `profile_damaged` where it holds no sound login, and as `rehearseTakeUp`.
 */
export async function takeUp(
  archive: Owned,
  { epoch, ...options }: TakeUpOptions & { readonly epoch: number },
  tools: RestoreTools,
): Promise<BackupManifest> {
  const { manifest } = await within(archive, options, tools, (directory) =>
    takeBackup(
      {
        session: archive.session,
        epoch,
        login: null,
        phone: null,
        versions: { library: null, browser: null, web: null },
        copy: { method: 'unknown', pause: null },
        copiedAt: Date.parse(archive.modifiedAt),
        directory,
        expected: null,
        demoted: `It was made from ${archive.file}, which another tool had put into the vault by ${archive.modifiedAt}.`,
        ...options,
      },
      tools,
    ),
  );
  return manifest;
}

async function within<T>(
  archive: Owned,
  { signal, progress = () => {} }: TakeUpOptions,
  tools: RestoreTools,
  work: (profile: string, place: string) => Promise<T>,
): Promise<T> {
  const { disk, floor, vault, engine } = tools;
  const subject = archiveSubject(archive);
  const place = await openStaging('restore', archive.session, tools);
  try {
    await requireRoom({ disk, floor }, place, { bytes: archive.bytes, purpose: subject });
    const path = join(place, 'archive');
    const total = archive.bytes;
    async function* fetched() {
      let done = 0;
      for await (const chunk of contentsOf(vault, archive.name, signal)) {
        done += chunk.byteLength;
        if (done > total) break;
        progress({ step: 'download', done, total });
        yield chunk;
      }
      if (done !== total) throw damaged(subject, `${total} bytes of it were listed, and others came`);
    }
    await disk.createFileFrom(path, fetched(), 'take-up:download', { flush: false });
    const profile = join(place, 'profile');
    await disk.mkdir(profile, 'take-up:profile');
    await unpack(
      {
        archive: path,
        into: profile,
        layout: engine.layout,
        files: null,
        encryption: null,
        others: 'skip',
        floor,
        subject,
        signal,
        progress: (done) => progress({ step: 'unpack', done, total: null }),
      },
      disk,
    );
    await disk.remove(path, 'take-up:archive');
    return await work(profile, place);
  } finally {
    await closeStaging(place, disk);
  }
}
