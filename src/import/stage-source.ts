/**
 * A source on its way: what an engine needs of it, copied into a directory of ours. Nothing else of it is read, and nothing
 * of it is written; where it is another one by the end, the copy is worth nothing.
 */
import { lstat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type EssentialEntry, essentialEntries } from '../backup/essential-files.ts';
import type { OnProgress } from '../backup/tools.ts';
import type { ProfileLayout } from '../engine/profile-layout.ts';
import { VigilError } from '../errors.ts';
import type { Disk } from '../system/disk.ts';
import { type Room, requireRoom, withinRoom } from '../system/room.ts';
import type { ImportSource } from './import-source.ts';
import { oneLine, unreadable, unusable } from './unusable.ts';
import { ZipProfile } from './zip-profile.ts';

export interface SourceSize {
  readonly files: number;
  readonly bytes: number;
}

export interface StagingOptions {
  /** An empty directory of ours. */
  readonly into: string;
  readonly layout: ProfileLayout;
  readonly disk: Disk;
  /** Bytes that must stay free. */
  readonly floor: number;
  readonly signal: AbortSignal;
  readonly progress: OnProgress;
}

/** A file takes whole blocks of the disk, and an inode. */
const fileOverhead = 4_608;

/** What would be copied. Throws `import_unusable`. */
export async function sizeOf(
  source: ImportSource,
  layout: ProfileLayout,
  signal: AbortSignal,
): Promise<SourceSize> {
  if (source.form === 'directory') return sum(await entriesOf(source, layout));
  await using zip = await ZipProfile.open(source.path, layout, signal);
  return { files: zip.files.length, bytes: zip.bytes };
}

/** Throws `import_unusable`, `disk_full` before anything is written, and `profile_in_use` where it changed meanwhile. */
export async function stageSource(source: ImportSource, options: StagingOptions): Promise<SourceSize> {
  const before = await stateOf(source, options.layout);
  const size = await (source.form === 'directory' ? copy(source, options) : unpack(source, options));
  if ((await stateOf(source, options.layout)) === before) return size;
  throw new VigilError('profile_in_use', `${oneLine(source.path)} was changed while it was copied.`, {
    subject: source.path,
    remedy: 'Stop the program that writes to it, for good, and type the command again.',
  });
}

async function copy(source: ImportSource, options: StagingOptions): Promise<SourceSize> {
  const { into, disk, signal, layout, progress } = options;
  const entries = await entriesOf(source, layout);
  const size = sum(entries);
  await requireRoomFor(source, size, options);
  let done = 0;
  progress({ step: 'copy', done, total: size.bytes });
  for (const { path, type, bytes } of entries) {
    signal.throwIfAborted();
    const target = join(into, path);
    if (type === 'Directory') await disk.mkdir(target, 'import:directory');
    else await disk.copyFile(join(source.path, path), target, 'import:copy');
    done += bytes;
    progress({ step: 'copy', done, total: size.bytes });
  }
  return size;
}

async function unpack(source: ImportSource, options: StagingOptions): Promise<SourceSize> {
  const { into, disk, floor, signal, layout, progress } = options;
  await using zip = await ZipProfile.open(source.path, layout, signal);
  const size = { files: zip.files.length, bytes: zip.bytes };
  await requireRoomFor(source, size, options);
  let done = 0;
  async function* passing(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      signal.throwIfAborted();
      done += chunk.byteLength;
      progress({ step: 'unpack', done, total: size.bytes });
      yield chunk;
    }
  }
  const made = new Set<string>();
  for (const file of zip.files) {
    for (const path of parentsOf(file.path)) {
      if (made.has(path)) continue;
      made.add(path);
      await disk.mkdir(join(into, path), 'import:directory');
    }
    const contents = withinRoom(passing(zip.read(file)), { disk, floor }, into, purposeOf(source));
    await disk.createFileFrom(join(into, file.path), contents, 'import:file', { flush: false });
  }
  return size;
}

function parentsOf(path: string): readonly string[] {
  const above = dirname(path);
  return above === '.' ? [] : [...parentsOf(above), above];
}

async function entriesOf({ path }: ImportSource, layout: ProfileLayout): Promise<readonly EssentialEntry[]> {
  try {
    return await essentialEntries(path, layout);
  } catch (error) {
    // Whatever is neither a file nor a directory where a login should be.
    if (error instanceof VigilError && error.code === 'profile_damaged')
      throw unusable(path, `cannot be copied: ${error.message.replace(/^[^:]*: /, '').replace(/\.$/, '')}`);
    throw unreadable(error, path);
  }
}

/** The same as long as nobody writes to it. */
async function stateOf(source: ImportSource, layout: ProfileLayout): Promise<string> {
  if (source.form === 'directory') return JSON.stringify(await entriesOf(source, layout));
  const { ino, size, mtimeNs } = await lstat(source.path, { bigint: true }).catch((error: unknown) => {
    throw unreadable(error, source.path);
  });
  return [ino, size, mtimeNs].join();
}

function sum(entries: readonly EssentialEntry[]): SourceSize {
  const files = entries.filter(({ type }) => type === 'File');
  return { files: files.length, bytes: files.reduce((total, { bytes }) => total + bytes, 0) };
}

function requireRoomFor(
  source: ImportSource,
  { files, bytes }: SourceSize,
  { disk, floor, into }: Room & { readonly into: string },
): Promise<void> {
  return requireRoom({ disk, floor }, into, {
    bytes: bytes + files * fileOverhead,
    purpose: purposeOf(source),
  });
}

function purposeOf({ path }: ImportSource): string {
  return `The copy of ${oneLine(path)}`;
}
