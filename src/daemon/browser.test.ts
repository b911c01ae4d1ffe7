import { beforeEach, expect, test, vi } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import type { ChromiumSearch, findChromium } from '../chromium/find.ts';
import { loadSettings } from '../config/load.ts';
import { createLogger } from '../log.ts';
import { volumeLayout } from '../volume/layout.ts';
import { BrowserSource, type DownloadView } from './browser.ts';

const found = { path: '/chromium', source: 'download', version: '150.0.0.0' } as const;
const find = vi.fn<typeof findChromium>();
beforeEach(() => void find.mockReset());

async function source(downloading?: DownloadView) {
  const root = await scratchDirectory();
  const clock = new FakeClock();
  const lines: string[] = [];
  const { settings } = loadSettings({ env: { VIGIL_CHROMIUM_SANDBOX: 'off' }, cwd: root });
  const browsers = new BrowserSource({
    settings,
    layout: volumeLayout(root),
    env: {},
    caches: [],
    uid: 0,
    clock,
    find,
    log: createLogger({ level: 'info', clock, write: (line) => void lines.push(line) }),
    downloading,
  });
  return { browsers, percents: () => lines.flatMap((line) => JSON.parse(line).percent ?? []) };
}

const signal = new AbortController().signal;
const downloads = async ({ progress }: ChromiumSearch) => {
  for (let done = 0; done <= 200; done += 1) progress?.(done, 200);
  return found;
};

test('how far a download is, the log tells every tenth of the way', async () => {
  find.mockImplementation(downloads);
  const { browsers, percents } = await source();
  expect(await browsers.get(signal)).toMatchObject({ executable: '/chromium', version: '150.0.0.0' });
  expect(percents()).toEqual([10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
});

test('somebody who watches is shown it instead, and the view ends whatever comes of it', async () => {
  const view = { update: vi.fn(), end: vi.fn() };
  const { browsers, percents } = await source(view);
  find.mockRejectedValueOnce(new Error('no network'));
  await expect(browsers.get(signal)).rejects.toThrow('no network');
  find.mockImplementation(downloads);
  await browsers.get(signal);
  expect(view.update).toHaveBeenCalledWith(100, 200);
  expect(view.end).toHaveBeenCalledTimes(2);
  expect(percents()).toEqual([]);
});

test('a browser that was found is kept', async () => {
  find.mockImplementation(downloads);
  const { browsers } = await source();
  await Promise.all([browsers.get(signal), browsers.get(signal)]);
  await browsers.get(signal);
  expect(find).toHaveBeenCalledTimes(1);
});
