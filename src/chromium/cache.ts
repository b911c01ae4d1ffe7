/**
 * A directory of browsers that this program fetched. Each is put together in a staging directory beside it and
 * renamed into place, so that one that is there is complete, however many fetch at the same time.
 */
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isExecutable } from './runnable.ts';

const stagingPrefix = 'staging-';

/** Nobody fetches for as long as this. */
const abandonedAfter = 24 * 3_600_000;

/** Browsers that were downloaded, newest first. The layout is that of `@puppeteer/browsers`. */
export async function cachedBrowsers(cache: string): Promise<string[]> {
  const builds = await readdir(join(cache, 'chrome')).catch(() => []);
  const newestFirst = builds
    .filter((build) => /^linux-[\d.]+$/.test(build))
    .sort((one, other) => other.localeCompare(one, 'en', { numeric: true }));
  const found: string[] = [];
  for (const build of newestFirst) {
    const file = join(cache, 'chrome', build, 'chrome-linux64', 'chrome');
    if (await isExecutable(file)) found.push(file);
  }
  return found;
}

/**
 * Lets `fill` make a directory below a staging directory, then moves it to `target()`. When somebody else was
 * faster, theirs is kept. Removes what an interrupted attempt left behind a day ago.
 */
export async function publish(
  cache: string,
  target: () => string,
  now: number,
  fill: (staging: string) => Promise<string>,
): Promise<void> {
  await mkdir(cache, { recursive: true });
  await sweep(cache, now);
  const staging = await mkdtemp(join(cache, stagingPrefix));
  try {
    const made = await fill(staging);
    await mkdir(dirname(target()), { recursive: true });
    await rename(made, target()).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function sweep(cache: string, now: number): Promise<void> {
  for (const name of await readdir(cache)) {
    if (!name.startsWith(stagingPrefix)) continue;
    const path = join(cache, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: now }));
    if (now - mtimeMs > abandonedAfter) await rm(path, { recursive: true, force: true });
  }
}
