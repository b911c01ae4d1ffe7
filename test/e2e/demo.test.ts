/** The demo as a newcomer runs it, without a terminal: what it says is what WhatsApp counted, and nothing is left of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, it, onTestFailed } from 'vitest';
import { startedWith } from '../../demo/processes.ts';
import { opensWithin } from '../../demo/script.ts';
import { enterScreen, leaveScreen } from '../../demo/terminal.ts';
import { scratchDirectory } from '../doubles/scratch.ts';
import { findChromium } from '../simulator/test-browser.ts';
import { describeProcess, type RunningProcess } from '../support/processes.ts';
import { until } from '../support/until.ts';

const entry = join(import.meta.dirname, '../../demo/main.ts');

interface Running {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exit: (deadline: number) => Promise<{ readonly code: number | null }>;
  /** Directories and processes of it, in words. */
  readonly left: () => Promise<readonly string[]>;
  readonly processes: () => readonly RunningProcess[];
}

function demo(...args: readonly string[]): Promise<Running> {
  return start(process.execPath, [entry, ...args]);
}

async function start(program: string, args: readonly string[]): Promise<Running> {
  const { executablePath, env } = await findChromium();
  const directory = await scratchDirectory();
  const child = spawn(program, args, {
    env: { ...env, PUPPETEER_EXECUTABLE_PATH: executablePath, TMPDIR: directory, TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  let code: number | null | undefined;
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (errors += text));
  child.once('close', (exit) => {
    code = exit;
  });
  onTestFailed(() => console.error(`${output}\n${errors}`));
  const exit = async (deadline: number) => {
    await until(() => code !== undefined, 'the end of the demo', deadline);
    return { code: code ?? null };
  };
  const processes = () => startedWith(directory);
  const left = async () => {
    const made = (await readdir(directory)).filter((name) => name.startsWith('vigil-demo-'));
    return [...made, ...processes().map(describeProcess)];
  };
  return { child, output: () => output, exit, left, processes };
}

/** As soon as there is something to leave behind: a browser on each side. */
async function untilBusy({ processes }: Running): Promise<void> {
  const browsers = () =>
    processes().flatMap(({ argv }) => argv.filter((argument) => argument.startsWith('--user-data-dir=')));
  const isBusy = () =>
    ['/whatsapp-sessions/', '/.wwebjs_auth/'].every((place) => browsers().some((one) => one.includes(place)));
  await until(isBusy, 'browsers of both sides', 60_000);
}

// Beside another file of tests, six browsers of its own want two cores: it took 69 s alone and twice that here.
it('comes back from everything on the left, and its numbers are those of WhatsApp', {
  timeout: 320_000,
}, async () => {
  const run = await demo('--auto', '--json');
  expect(await run.exit(300_000)).toEqual({ code: 0 });
  const { isFlawless, opening, faults, sides } = JSON.parse(run.output());
  // How long it takes is a matter of the machine (docs/figures.md); that it is told, and in order, is not.
  expect(opening.within).toBe(opensWithin / 1000);
  expect(opening.pairedAfter).toBeGreaterThan(0);
  expect(opening.pairedAfter).toBeLessThan(opening.within);
  expect(opening.safeAfter).toBeGreaterThan(opening.pairedAfter);
  expect(isFlawless).toBe(true);
  expect(faults.map(({ fault }: { fault: string }) => fault)).toEqual([
    'kill',
    'lock',
    'hang',
    'damage',
    'finale',
  ]);
  for (const { fault, vigil } of faults) {
    // Whose the vault is after the loss of the volume is for a person to say, in one command.
    expect(vigil).toEqual({ is: 'back', seconds: expect.any(Number), helped: fault === 'finale' });
  }
  // Three scans in all, three QRs in all; no login was refused, lost or taken over.
  expect(sides.vigil).toMatchObject({
    scansNeeded: 0,
    acts: 1,
    online: 3,
    waiting: 0,
    counters: { pairings: 3, qrPages: 3, refusedLogins: 0, damagedLogins: 0, conflicts: 0, logouts: 0 },
  });
  const { counters, scansNeeded, waiting } = sides.bare;
  expect(scansNeeded).toBe(counters.pairings - 3 + waiting);
  // Its folder was deleted.
  expect(scansNeeded).toBeGreaterThanOrEqual(3);
  expect(counters.qrPages).toBeGreaterThanOrEqual(3 + scansNeeded);
  expect(await run.left()).toEqual([]);
});

it('leaves nothing when it is told to end', async () => {
  const run = await demo();
  await untilBusy(run);
  run.child.kill('SIGINT');
  expect(await run.exit(20_000)).toEqual({ code: 130 });
  expect(run.output()).toContain('QR scans needed');
  expect(await run.left()).toEqual([]);
});

it('gives the terminal back when Ctrl-C is typed, and leaves nothing', async () => {
  // A terminal of its own, from util-linux: what is written to it comes back as what is drawn.
  const run = await start('script', [
    '--quiet',
    '--return',
    '--command',
    `${process.execPath} ${entry}`,
    '/dev/null',
  ]);
  await until(() => run.output().includes('bare whatsapp-web.js'), 'the screen', 20_000);
  await untilBusy(run);
  // Ctrl-C, as a terminal in raw mode hands it on.
  run.child.stdin?.write('\u0003');
  expect(await run.exit(20_000)).toEqual({ code: 0 });
  const [before = '', rest = ''] = run.output().split(enterScreen);
  const [screen = '', after = ''] = rest.split(leaveScreen);
  expect(stripVTControlCharacters(before).trim()).toBe('');
  expect(stripVTControlCharacters(screen)).toContain('three sessions are to be paired');
  expect(stripVTControlCharacters(after)).toMatch(/^\s*fault[\s\S]*QR scans needed +0 +0\s/);
  expect(await run.left()).toEqual([]);
});

it('leaves nothing when it is killed', async () => {
  const run = await demo('--auto');
  await untilBusy(run);
  run.child.kill('SIGKILL');
  await until(async () => (await run.left()).length === 0, 'nothing left', 20_000);
});
