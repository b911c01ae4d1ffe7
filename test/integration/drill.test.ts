/** Drills of backups of a profile that a real browser wrote, in a real browser that reaches nobody. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import type { BackupManifest } from '../../src/backup/manifest.ts';
import { takeBackup } from '../../src/backup/take-backup.ts';
import { chromiumArguments } from '../../src/chromium/arguments.ts';
import { OfflineChromium } from '../../src/chromium/offline-browser.ts';
import { type DrillProgress, type DrillTools, drillBackup } from '../../src/drill/drill-backup.ts';
import { whatsappWeb } from '../../src/engine/whatsapp-web/profile-layout.ts';
import { verifyProfile } from '../../src/profile/verification/verify-profile.ts';
import { systemClock } from '../../src/system/clock.ts';
import { LinuxProcesses } from '../../src/system/linux-processes.ts';
import { backupWorld, never } from '../doubles/backup-world.ts';
import { startSimulator } from '../simulator/simulator.ts';
import { findChromium, scratchDirectory } from '../simulator/test-browser.ts';
import { TestClient } from '../simulator/test-client.ts';
import { allProcesses, browsersOn, processesOn, send } from '../support/processes.ts';
import { until } from '../support/until.ts';

/** Empties one database in the middle of its life, and leaves sound files. */
const empty = `(async () => {
  const done = (request) => new Promise((resolve) => (request.onsuccess = () => resolve(request.result)));
  const database = await done(indexedDB.open('signal-storage'));
  const transaction = database.transaction([...database.objectStoreNames], 'readwrite');
  for (const store of database.objectStoreNames) transaction.objectStore(store).clear();
  await new Promise((resolve) => (transaction.oncomplete = resolve));
})()`;

let scratch: AsyncDisposable & { path: string };
let chromium: Awaited<ReturnType<typeof findChromium>>;
/** A profile with a login, and a copy of it that lost a database. */
const paired = () => join(scratch.path, 'session-test');
const emptied = () => join(scratch.path, 'emptied', 'session-test');
/** Whatever a browser asks for that is let out ends up here. */
let connections = 0;
const everybody = createServer((socket) => {
  connections++;
  socket.on('error', () => {}).destroy();
});

beforeAll(async () => {
  [scratch, chromium] = await Promise.all([scratchDirectory(), findChromium()]);
  await new Promise<void>((resolve) => everybody.listen(0, '127.0.0.1', resolve));
  await using simulator = await startSimulator({ historyBytes: 256 * 1024 });
  const first = await TestClient.start(simulator.chromiumArgs, scratch.path);
  await simulator.control.scan({ qr: await first.qr() });
  await first.event('ready');
  await first.close();
  for (const { path } of whatsappWeb.layout.essential)
    await cp(join(paired(), path), join(emptied(), path), { recursive: true });
  const second = await TestClient.start(simulator.chromiumArgs, join(scratch.path, 'emptied'));
  await second.event('ready');
  await second.client.pupPage?.evaluate(empty);
  await second.close();
});

afterAll(async () => {
  everybody.close();
  await scratch[Symbol.asyncDispose]();
});

async function scene() {
  const world = await backupWorld({ engine: whatsappWeb, verify: verifyProfile, clock: systemClock });
  const { port } = everybody.address() as AddressInfo;
  const args = [
    ...chromiumArguments({ sandbox: process.getuid?.() !== 0, user: [] }),
    // As a person may have set them: every name and address leads to the server above.
    `--host-resolver-rules=MAP * 127.0.0.1:${port}`,
    `--proxy-server=http://127.0.0.1:${port}`,
    '--ignore-certificate-errors',
  ];
  const offline = new OfflineChromium({
    browser: async () => ({ executable: chromium.executablePath, version: '999.0', args }),
    marks: [`--vigil-volume=${world.layout.root}`],
    env: chromium.env,
    clock: systemClock,
    processes: new LinuxProcesses(),
  });
  const tools: DrillTools = { ...world.tools, browser: offline };
  connections = 0;
  // However it ends.
  onTestFinished(async () => {
    expect(processesOn(world.layout.root)).toEqual([]);
    expect(await world.names(world.layout.staging)).toEqual([]);
    expect(connections).toBe(0);
  });
  return {
    ...world,
    tools,
    async backedUp(profile: string): Promise<BackupManifest> {
      const versions = { library: null, browser: null, web: null };
      const request = await world.request('', { directory: profile, versions, expected: null });
      return (await takeBackup(request, world.tools)).manifest;
    },
    drill: (manifest: BackupManifest, signal = never) => drillBackup(manifest, { signal }, tools),
    /** The browser of a drill that is under way. */
    browser: () => until(() => browsersOn(world.layout.staging)[0], 'the browser of the drill', 30_000),
  };
}

it('shows the login of a paired profile as its manifest has it, and asks nobody for anything', async () => {
  const { tools, backedUp } = await scene();
  const good = await backedUp(paired());
  const told: DrillProgress['step'][] = [];
  const progress = ({ step }: DrillProgress) => void (told.at(-1) === step || told.push(step));
  const report = await drillBackup(good, { signal: never, progress }, tools);
  expect(report).toMatchObject({ problem: null, warnings: [], browser: '999.0' });
  expect(report.found).toEqual(good.evidence);
  expect(good.evidence.databases.map(({ name }) => name)).toContain('signal-storage');
  expect(report.unpacked).toBeGreaterThan(good.archive.bytes / 2);
  expect(told).toEqual(['download', 'unpack', 'verify', 'open']);
});

it('finds out a database that was emptied, although its files are sound and others are full', async () => {
  const { backedUp, drill } = await scene();
  const { evidence } = await backedUp(paired());
  const less = await backedUp(emptied());
  expect(await drill(less)).toMatchObject({ problem: null });
  const report = await drill({ ...less, evidence });
  expect(report.problem).toBe(
    'A browser finds no record in signal-storage, which had some when it was taken.',
  );
});

it('finds out a flipped byte before a browser is started', async () => {
  const { layout, backedUp, drill } = await scene();
  const good = await backedUp(paired());
  const path = join(layout.vault, good.archive.name);
  const flipped = await readFile(path);
  const middle = flipped.length >> 1;
  flipped[middle] = (flipped[middle] ?? 0) ^ 1;
  await writeFile(path, flipped);
  const report = await drill(good);
  expect(report).toMatchObject({ problem: expect.stringContaining(good.id), found: null });
});

it('says nothing of the backup when its browser is killed', async () => {
  const { backedUp, drill, browser } = await scene();
  const drilling = drill(await backedUp(paired()));
  const caught = expect(drilling).rejects.toMatchObject({ code: 'drill_incomplete' });
  send((await browser()).pid, 'SIGKILL');
  await caught;
});

it('ends with its browser when it is called off, also where that stands still', async () => {
  const { backedUp, drill, browser } = await scene();
  const good = await backedUp(paired());
  const controller = new AbortController();
  const reason = new Error('enough');
  const caught = expect(drill(good, controller.signal)).rejects.toBe(reason);
  const { pid } = await browser();
  send(pid, 'SIGSTOP');
  controller.abort(reason);
  await caught;
});

it('yields to the browsers of sessions', async () => {
  const { backedUp, drill, browser } = await scene();
  const drilling = drill(await backedUp(paired()));
  const { pid } = await browser();
  const score = () => readFile(`/proc/${pid}/oom_score_adj`, 'utf8').catch(() => '');
  await until(async () => (await score()).trim() === '1000', 'the score of its memory');
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  expect(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16]).toBe('19');
  expect(allProcesses().find((one) => one.pid === pid)?.group).toBe(pid);
  expect(await drilling).toMatchObject({ problem: null });
});
