/**
 * What lies in the directories of a profile that an engine needs, sorted by how it may be copied. No symbolic link is
 * followed, and nothing but directories and regular files is seen.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProfileLayout } from '../engine/profile-layout.ts';
import { isDirectoryBelow } from '../system/directories.ts';
import { unlessAbsent } from '../system/errno.ts';

/** Paths are relative to the profile, with `/` between their parts. */
export interface ProfileSurvey {
  /** Parents before their children. */
  readonly directories: readonly string[];
  /** LevelDB's: directories with a CURRENT. */
  readonly stores: readonly string[];
  /** Tables of the stores, whether or not anything names them, and blobs: written once and never changed. */
  readonly tables: readonly string[];
  readonly blobs: readonly string[];
  /** Whatever else there is, SQLite's files for one: changed in place. */
  readonly others: readonly string[];
}

interface Draft {
  readonly directories: string[];
  readonly stores: string[];
  readonly tables: string[];
  readonly blobs: string[];
  readonly others: string[];
}

const tableName = /^\d{6,15}\.(?:ldb|sst)$/;
/** Where Chromium keeps large values of IndexedDB. */
const blobDirectory = /\.indexeddb\.blob(?:\/|$)/;
/** A lock, logs for people, and what SQLite makes anew from its `-wal`. */
const leftOut = /^(?:LOCK|LOG|LOG\.old|.*-shm)$/;

export async function surveyProfile(
  profile: string,
  layout: ProfileLayout,
  signal: AbortSignal,
): Promise<ProfileSurvey> {
  const draft: Draft = { directories: [], stores: [], tables: [], blobs: [], others: [] };
  // Side by side: a browser may be standing still meanwhile.
  await Promise.all(
    layout.essential.map(async ({ path }) => {
      // A link planted for one of them would have us copy what is not the profile's.
      if (!(await isDirectoryBelow(profile, path))) return;
      const chain = chainOf(path);
      for (const one of chain.slice(0, -1)) if (!draft.directories.includes(one)) draft.directories.push(one);
      await walk(profile, path, draft, signal);
    }),
  );
  return draft;
}

async function walk(profile: string, path: string, draft: Draft, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const entries = await unlessAbsent(readdir(join(profile, path), { withFileTypes: true }));
  // While the browser runs, what was listed a moment ago may be gone.
  if (entries === null) return;
  draft.directories.push(path);
  const files = entries.filter((entry) => entry.isFile()).map(({ name }) => name);
  if (files.includes('CURRENT')) {
    draft.stores.push(path);
    draft.tables.push(...files.filter((name) => tableName.test(name)).map((name) => `${path}/${name}`));
    return;
  }
  const found = files.filter((name) => !leftOut.test(name)).map((name) => `${path}/${name}`);
  (blobDirectory.test(path) ? draft.blobs : draft.others).push(...found);
  const below = entries.filter((entry) => entry.isDirectory());
  await Promise.all(below.map(({ name }) => walk(profile, `${path}/${name}`, draft, signal)));
}

/** `a/b/c`: `a`, `a/b`, `a/b/c`. */
function chainOf(path: string): readonly string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
