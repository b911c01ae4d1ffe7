/**
 * Fetches the current stable Chrome. It runs in a process of its own, since the library that downloads cannot
 * be interrupted: a network that swallows packets must not hold a start up for longer than its deadlines.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Clock } from '../system/clock.ts';
import { publish } from './cache.ts';
import { lastLine, runCommand } from './command.ts';

/** To the first byte, and between two signs of progress. */
const patience = 20_000;
const deadline = 15 * 60_000;

/** Resolves the module from where this file is, as the program itself would. */
const script = `
import { pathToFileURL } from 'node:url';
const [library, cacheDir] = process.argv.slice(1);
const { Browser, detectBrowserPlatform, install, resolveBuildId } = await import(pathToFileURL(library));
const platform = detectBrowserPlatform();
const buildId = await resolveBuildId(Browser.CHROME, platform, 'stable');
console.log('build ' + buildId);
let shown = -1;
await install({ browser: Browser.CHROME, platform, buildId, cacheDir, downloadProgressCallback(done, total) {
  const percent = Math.floor(done / total * 100);
  if (percent !== shown) console.log('bytes ' + done + ' ' + total);
  shown = percent;
} });
console.log('done');
`;

export interface DownloadOptions {
  readonly cache: string;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  readonly report: (line: string) => void;
  /** In bytes, about a hundred times. */
  readonly progress?: ((done: number, total: number) => void) | undefined;
}

/** Null when the browser is in the cache now, else why it is not. */
export async function downloadChrome(options: DownloadOptions): Promise<string | null> {
  const { cache, clock, env, signal, report } = options;
  if (process.arch !== 'x64') return `there is no Chrome for Linux on ${process.arch} to download`;
  let build = '';
  let begun = false;
  report('Looking for a Chrome to download …');
  try {
    // Puppeteer's own copy, wherever npm put it.
    const library = createRequire(createRequire(import.meta.url).resolve('puppeteer')).resolve(
      '@puppeteer/browsers',
    );
    await publish(
      cache,
      () => join(cache, 'chrome', `linux-${build}`),
      clock.now(),
      async (directory) => {
        const outcome = await runCommand({
          file: process.execPath,
          args: ['--input-type=module', '-e', script, library, directory],
          env,
          clock,
          patience,
          deadline,
          signal,
          onLine(line) {
            const [word, value = '', size = ''] = line.split(' ');
            if (word === 'build') build = value;
            if (word !== 'bytes') return;
            if (!begun) report(`Downloading Chrome ${build} (${Math.round(Number(size) / 2 ** 20)} MB) …`);
            begun = true;
            options.progress?.(Number(value), Number(size));
          },
        });
        if (!outcome.stdout.trimEnd().endsWith('done'))
          throw new Error(outcome.failure ?? (causeOf(outcome.stderr) || 'it did not finish'));
        return join(directory, 'chrome', `linux-${build}`);
      },
    );
    return null;
  } catch (error) {
    return `the download failed: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** The line of a stack trace that names the error. */
function causeOf(stderr: string): string {
  return (
    stderr
      .split('\n')
      .find((line) => /^\s*(\w*Error|\[cause\])\b.*:/.test(line))
      ?.trim() ?? lastLine(stderr)
  );
}
