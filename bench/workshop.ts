/**
 * What every scenario with a real browser needs: the program, a simulator in a process of its own, and a volume
 * with six sessions that were paired once. Each measurement works on a copy of it.
 */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromiumArguments } from '../src/chromium/arguments.ts';
import { findChromium } from '../src/chromium/find.ts';
import { type SessionId, sessionId } from '../src/session/id.ts';
import { systemClock } from '../src/system/clock.ts';
import { type VolumeLayout, volumeLayout } from '../src/volume/layout.ts';
import { connectSimulator } from '../test/simulator/connect.ts';
import type { SimulatorControl } from '../test/simulator/control.ts';
import { type Build, build } from './build.ts';
import { Daemon } from './daemon.ts';
import { killLeftovers } from './processes.ts';
import { Program } from './program.ts';

export const sessions: readonly SessionId[] = ['s1', 's2', 's3', 's4', 's5', 's6'].map((name) =>
  sessionId(name),
);

/** Long enough for the library to listen before the synchronisation ends, as it mostly is for real. */
const syncDelayMs = 500;

export interface Workshop {
  readonly program: Build;
  readonly scratch: string;
  readonly chromium: { readonly executable: string; readonly args: readonly string[] };
  readonly environment: NodeJS.ProcessEnv;
  readonly control: SimulatorControl;
  /** The volume that the six were paired on, with their first backups. Copied, never run on. */
  readonly template: VolumeLayout;
  /** A volume with these of the six sessions, all settled, and nothing else. */
  volumeWith(ids: readonly SessionId[]): Promise<VolumeLayout>;
  discard(layout: VolumeLayout): Promise<void>;
}

export async function withWorkshop<T>(
  work: (workshop: Workshop) => Promise<T>,
  told: (line: string) => void,
): Promise<T> {
  const scratch = await mkdtemp(join(tmpdir(), 'vigil-bench-'));
  const removeAtEnd = () => rmSync(scratch, { recursive: true, force: true });
  process.once('exit', removeAtEnd);
  const program = await build();
  const removeProgram = () => rmSync(program.directory, { recursive: true, force: true });
  process.once('exit', removeProgram);
  try {
    await using simulator = new Program(
      'the simulator',
      [
        fileURLToPath(new URL('../test/simulator/main.ts', import.meta.url)),
        ...['--settings', JSON.stringify({ syncDelayMs, autoScanMs: 300 })],
      ],
      process.env,
    );
    const { json } = await simulator.line((line) => 'controlUrl' in line, 'where it listens');
    const { controlUrl, chromiumArgs } = json as { controlUrl: string; chromiumArgs: string[] };
    const control = connectSimulator(controlUrl);
    const workshop = await equip({ scratch, program, control, chromiumArgs });
    told('pairing six sessions with the simulator');
    await pairAll(workshop);
    await control.configure({ autoScanMs: null });
    return await work(workshop);
  } finally {
    await killLeftovers(scratch);
    removeAtEnd();
    removeProgram();
  }
}

async function equip(parts: {
  readonly scratch: string;
  readonly program: Build;
  readonly control: SimulatorControl;
  readonly chromiumArgs: readonly string[];
}): Promise<Workshop> {
  const { scratch, program, control, chromiumArgs } = parts;
  const found = await findChromium({
    setting: process.env['PUPPETEER_EXECUTABLE_PATH'] ?? null,
    env: process.env,
    caches: [join(scratch, 'chromium')],
    download: false,
    clock: systemClock,
    report: () => {},
  });
  const { PATH, HOME } = process.env;
  // The daemon's own arguments, for the bare programs too: what is compared is the supervision alone.
  const args = chromiumArguments({
    sandbox: false,
    user: chromiumArgs,
  });
  return {
    program,
    scratch,
    control,
    template: templateIn(scratch),
    chromium: { executable: found.path, args },
    environment: {
      PATH,
      HOME,
      PUPPETEER_EXECUTABLE_PATH: found.path,
      VIGIL_CHROMIUM_SANDBOX: 'off',
      VIGIL_CHROMIUM_ARGS: JSON.stringify(chromiumArgs),
      VIGIL_LOG_FORMAT: 'json',
      PORT: '0',
    },
    async volumeWith(ids) {
      const layout = volumeLayout(await mkdtemp(join(scratch, 'volume-')));
      const template = templateIn(scratch);
      for (const id of ids) {
        const profile = `session-${id}`;
        await cp(join(template.sessions, profile), join(layout.sessions, profile), {
          recursive: true,
          verbatimSymlinks: true,
        });
        await cp(join(template.records, `${id}.json`), join(layout.records, `${id}.json`));
      }
      // Else the kernel writes the copy out in the middle of the measurement.
      await promisify(execFile)('sync', ['-f', layout.root]);
      return layout;
    },
    async discard(layout) {
      await killLeftovers(layout.root);
      await rm(layout.root, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

function templateIn(scratch: string): VolumeLayout {
  return volumeLayout(join(scratch, 'paired'));
}

/** By the daemon itself, so that records and profiles are what it leaves behind. */
async function pairAll(workshop: Workshop): Promise<void> {
  const layout = templateIn(workshop.scratch);
  await mkdir(layout.root);
  await using daemon = Daemon.start(workshop, layout, {
    VIGIL_SESSIONS: sessions.join(','),
    VIGIL_SEAL_AFTER: '2s',
  });
  for (const id of sessions) await daemon.online(id, { deadline: 300_000 });
  // LevelDB compacts and Chromium settles; every copy begins from the same calm.
  await systemClock.sleep(5_000);
  await daemon.stop();
  for (const id of sessions) {
    const { login } = JSON.parse(await readFile(join(layout.records, `${id}.json`), 'utf8'));
    if (login !== 'settled') throw new Error(`session ${id} is ${login} after its pairing`);
  }
}
