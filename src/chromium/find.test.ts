import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { systemClock } from '../system/clock.ts';
import { type ChromiumSearch, findChromium } from './find.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'vigil-find-'));
});
afterEach(() => rmSync(root, { recursive: true }));

function program(path: string, script: string): string {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

function directory(path: string): string {
  const made = join(root, path);
  mkdirSync(made, { recursive: true });
  return made;
}

function plainFile(path: string): string {
  const file = program(path, 'echo "Chromium 156.0.1.2"');
  chmodSync(file, 0o644);
  return file;
}

const chromium = (path: string, version: string) =>
  program(path, `echo 'a wrapper complains' >&2; echo "Chromium ${version} built on Debian"`);

const reports: string[] = [];
const search = (more: Partial<ChromiumSearch> = {}) => {
  reports.length = 0;
  return findChromium({
    setting: null,
    env: { PATH: join(root, 'bin') },
    places: [],
    caches: [join(root, 'cache')],
    download: false,
    npmPackage: false,
    clock: systemClock,
    report: (line) => reports.push(line),
    ...more,
  });
};

describe('the browser', () => {
  it('that is set is taken, whatever else is there', async () => {
    chromium('bin/chromium', '156.0.1.2');
    const own = chromium('own/chrome', '140.0.7.8');
    expect(await search({ setting: own })).toEqual({ path: own, version: '140.0.7.8', source: 'setting' });
    expect(reports).toEqual([`Browser: Chromium 140.0.7.8 at ${own} (PUPPETEER_EXECUTABLE_PATH).`]);
  });

  it.each([
    ['is not there', () => join(root, 'nope'), 'nope does not exist.'],
    ['is a directory', () => directory('chrome-linux64'), 'chrome-linux64 is a directory.'],
    ['may not be run', () => plainFile('chrome'), 'chrome may not be executed by this user.'],
    ['is no file', () => '/dev/null', '/dev/null is no file.'],
    ['is no browser', () => program('x', 'echo hello'), 'printed no version: hello'],
    [
      'fails',
      () => program('x', 'echo "libnss3.so: cannot open" >&2; exit 127'),
      'exit code 127: libnss3.so: cannot open',
    ],
  ])('that is set and %s is an error, never passed over', async (_, make, message) => {
    chromium('bin/chromium', '156.0.1.2');
    await expect(search({ setting: make() })).rejects.toMatchObject({
      code: 'chromium_not_found',
      message: expect.stringContaining(message),
      remedy: expect.stringContaining('PUPPETEER_EXECUTABLE_PATH'),
    });
  });

  it('that is set and too old is named with its version', async () => {
    const own = chromium('old', '119.0.6045.105');
    await expect(search({ setting: own })).rejects.toMatchObject({
      code: 'chromium_too_old',
      message: `The browser ${own} is version 119.0.6045.105; expected 120 or newer.`,
    });
  });

  it('is an installed one before one of the cache, Chrome before Chromium', async () => {
    chromium('cache/chrome/linux-170.0.0.1/chrome-linux64/chrome', '170.0.0.1');
    const plain = chromium('bin/chromium', '156.0.1.2');
    expect((await search()).path).toBe(plain);
    const chrome = chromium('bin/google-chrome-stable', '150.0.1.2');
    expect(await search()).toMatchObject({ path: chrome, source: 'system' });
  });

  it('is no directory of that name, and no file that may not be run', async () => {
    directory('bin/google-chrome-stable');
    plainFile('bin/google-chrome');
    const plain = chromium('bin/chromium', '156.0.1.2');
    expect(await search()).toMatchObject({ path: plain, source: 'system' });
    expect(reports).toHaveLength(1);
  });

  it('of the cache is no directory in the place of the program', async () => {
    directory('cache/chrome/linux-170.0.0.1/chrome-linux64/chrome');
    const older = chromium('cache/chrome/linux-146.0.0.1/chrome-linux64/chrome', '146.0.0.1');
    expect(await search()).toMatchObject({ path: older, source: 'cache' });
    expect(reports).toHaveLength(1);
  });

  it('that is installed but does not work is passed over, saying so', async () => {
    program('bin/chromium-browser', 'echo "Command requires the chromium snap" >&2; exit 1');
    const old = chromium('bin/chromium', '90.0.1.2');
    chromium('cache/chrome/linux-99.0.0.1/chrome-linux64/chrome', '130.0.0.1');
    const cached = chromium('cache/chrome/linux-146.0.0.1/chrome-linux64/chrome', '146.0.0.1');
    expect(await search()).toMatchObject({ path: cached, source: 'cache' });
    expect(reports[0]).toContain(`${old} is version 90.0.1.2, and 120 is needed`);
    expect(reports[1]).toContain('requires the chromium snap');
  });

  it('is too old when there is no other', async () => {
    chromium('bin/chromium', '90.0.1.2');
    await expect(search()).rejects.toMatchObject({ code: 'chromium_too_old' });
  });

  it('that is nowhere is an error that names every place and what to type', async () => {
    await expect(search()).rejects.toMatchObject({
      code: 'chromium_not_found',
      remedy: expect.stringContaining('apt-get install chromium'),
      details: {
        looked: [
          'PUPPETEER_EXECUTABLE_PATH: not set',
          expect.stringContaining(
            `google-chrome-stable, google-chrome, chromium, chromium-browser in ${root}/bin`,
          ),
          `cache: none in ${root}/cache`,
          'download: switched off',
          'npm package: switched off',
        ],
      },
    });
  });

  it('that does not say its version in time is given up', async () => {
    const clock = new FakeClock();
    const hung = program('bin/chromium', 'exec /bin/sleep 1000');
    const found = search({ clock, setting: hung });
    const outcome = expect(found).rejects.toMatchObject({
      message: expect.stringContaining('did not end within 10 s'),
    });
    // Until the program was started, nothing waits for the clock.
    while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(10_000);
    await outcome;
  });

  it('is not looked for any further once nobody wants it', async () => {
    chromium('bin/chromium', '156.0.1.2');
    await expect(search({ signal: AbortSignal.abort(new Error('stopped')) })).rejects.toThrow('stopped');
  });
});
