import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publish } from './cache.ts';

let cache = '';
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'vigil-cache-'));
});
afterEach(() => rmSync(cache, { recursive: true }));

const filled = (text: string) => async (staging: string) => {
  const made = join(staging, 'made');
  mkdirSync(made);
  writeFileSync(join(made, 'browser'), text);
  return made;
};

describe('a browser in the cache', () => {
  it('appears as a whole, under its name', async () => {
    await publish(cache, () => join(cache, 'chrome', 'linux-1'), 0, filled('one'));
    expect(readFileSync(join(cache, 'chrome/linux-1/browser'), 'utf8')).toBe('one');
    expect(readdirSync(cache)).toEqual(['chrome']);
  });

  it('is the first of two that were fetched at the same time', async () => {
    const target = () => join(cache, 'it');
    await publish(cache, target, 0, filled('one'));
    await publish(cache, target, 0, filled('two'));
    expect(readFileSync(join(cache, 'it/browser'), 'utf8')).toBe('one');
  });

  it('leaves nothing behind when fetching fails', async () => {
    const failing = publish(
      cache,
      () => join(cache, 'it'),
      0,
      () => Promise.reject(new Error('no network')),
    );
    await expect(failing).rejects.toThrow('no network');
    expect(readdirSync(cache)).toEqual([]);
  });

  it('replaces what an attempt that was killed left a day ago, and not what one is at now', async () => {
    const left = join(cache, 'staging-left');
    mkdirSync(left);
    await publish(cache, () => join(cache, 'one'), Date.now(), filled('one'));
    expect(existsSync(left)).toBe(true);
    await publish(cache, () => join(cache, 'two'), Date.now() + 25 * 3_600_000, filled('two'));
    expect(existsSync(left)).toBe(false);
  });
});
