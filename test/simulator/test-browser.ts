import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const SYSTEM_CHROMIUM = '/usr/bin/chromium';
const UNPACK = 'import("@sparticuz/chromium").then(({ default: chromium }) => chromium.executablePath())';

interface FoundChromium {
  executablePath: string;
  env: NodeJS.ProcessEnv;
}

/** Chromium as a test finds it: named by the environment, the system's, or the one that npm brought. */
export async function findChromium(): Promise<FoundChromium> {
  const named = process.env['PUPPETEER_EXECUTABLE_PATH'];
  if (named) return { executablePath: named, env: process.env };
  if (existsSync(SYSTEM_CHROMIUM)) return { executablePath: SYSTEM_CHROMIUM, env: process.env };
  const unpacked = await unpackBundled();
  const libraries = {
    LD_LIBRARY_PATH: join(unpacked, 'al2023/lib'),
    FONTCONFIG_PATH: join(unpacked, 'fonts'),
  };
  return { executablePath: join(unpacked, 'chromium'), env: { ...process.env, ...libraries } };
}

/**
 * The package takes whatever `$TMPDIR/chromium` is there for complete. So it unpacks into a directory of its
 * own, in a process of its own, and only a complete one gets the name that later runs look for.
 */
async function unpackBundled(): Promise<string> {
  const complete = join(tmpdir(), `wa-simulator-chromium-${process.getuid?.() ?? 0}`);
  if (existsSync(complete)) return complete;
  const draft = await mkdtemp(join(tmpdir(), 'wa-simulator-unpack-'));
  // Without the runtime's name the package keeps the shared libraries that a bare Debian lacks to itself.
  const env = { ...process.env, TMPDIR: draft, AWS_LAMBDA_JS_RUNTIME: 'nodejs22.x' };
  await promisify(execFile)(process.execPath, ['-e', UNPACK], { cwd: import.meta.dirname, env });
  await rename(draft, complete).catch(() => rm(draft, { recursive: true, force: true }));
  return complete;
}

/** Puppeteer's options for a browser that dies with the test and talks to nobody but the simulator. */
export async function browserOptions(simulatorArgs: string[]) {
  return {
    ...(await findChromium()),
    headless: true,
    pipe: true,
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    protocolTimeout: 20_000,
    args: [
      ...simulatorArgs,
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
      '--accept-lang=en-US',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-dev-shm-usage',
      '--disable-gpu',
      '--no-first-run',
    ],
  };
}

export async function scratchDirectory(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'wa-simulator-'));
  const options = { recursive: true, force: true, maxRetries: 10, retryDelay: 50 };
  return { path, [Symbol.asyncDispose]: () => rm(path, options) };
}
