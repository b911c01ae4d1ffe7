import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A real directory of this test's own, gone when it ends. */
export async function scratchDirectory(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'vigil-test-')));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
