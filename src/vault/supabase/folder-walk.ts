/**
 * Everything below a folder. The server lists one folder at a time, a page at a time, by position: what is put or removed
 * meanwhile moves what comes after it, so each page begins with the last entry of the one before, and where that is not
 * what it was the folder is read again. A page that is not full is not taken for the last one, since a server may give
 * less than it is asked for; one that is smaller than any server's limit is.
 */
import type { Entry } from './bucket-answers.ts';
import { StorageFailure } from './storage-failure.ts';

export interface Found {
  /** The whole key. */
  readonly key: string;
  readonly bytes: number;
  readonly modifiedAt: string;
  readonly createdAt: string;
}

export interface Walk {
  readonly objects: readonly Found[];
  /** Some folder was empty, the first one included: nothing is there, or nothing may be seen. */
  readonly sawNothing: boolean;
}

export type Pages = (folder: string, offset: number) => Promise<readonly Entry[]>;

/** What a server gives to whoever does not say how much. */
const smallestLimit = 100;
const foldersAtOnce = 8;
const attempts = 5;

/** Folders whose name `enters` refuses are passed over. */
export async function walkFolders(
  root: string,
  pages: Pages,
  enters: (folder: string) => boolean,
): Promise<Walk> {
  const objects: Found[] = [];
  let sawNothing = false;
  let due = [root];
  while (due.length > 0) {
    const deeper: string[] = [];
    const look = async (folder: string): Promise<void> => {
      const entries = await everyEntry(folder, pages);
      sawNothing ||= entries.length === 0;
      for (const { name, object } of entries) {
        const key = folder === '' ? name : `${folder}/${name}`;
        if (object) objects.push({ key, ...object });
        else if (enters(name)) deeper.push(key);
      }
    };
    await severalAtOnce(due, look);
    due = deeper;
  }
  return { objects, sawNothing };
}

/** The first failure ends it: what has not begun is not begun. */
async function severalAtOnce<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  function* each() {
    yield* items;
  }
  const queue = each();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: foldersAtOnce }, worker));
}

/** What lies directly in a folder. */
export async function everyEntry(folder: string, pages: Pages): Promise<readonly Entry[]> {
  for (let attempt = 0; attempt < attempts; attempt++) {
    const found = await onePass(folder, pages);
    if (found) return found;
  }
  throw new StorageFailure(null, `the folder ${JSON.stringify(folder)} changed all the time`);
}

/** Null where something moved meanwhile. */
async function onePass(folder: string, pages: Pages): Promise<readonly Entry[] | null> {
  const found = [...(await pages(folder, 0))];
  if (found.length < smallestLimit) return found;
  for (;;) {
    const [overlap, ...more] = await pages(folder, found.length - 1);
    const last = found.at(-1);
    if (overlap?.name !== last?.name || (overlap?.object === null) !== (last?.object === null)) return null;
    if (more.length === 0) return found;
    for (const entry of more) found.push(entry);
  }
}
