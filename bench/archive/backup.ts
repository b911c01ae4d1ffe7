/**
 * One backup of a closed profile and its restore, in a process of its own, so that its memory is this work's alone.
 * `backup.js VOLUME PROFILE`: says in lines of JSON what each took.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { takeBackup } from '../../src/backup/take-backup.ts';
import { keepYoungHeapSmall } from '../../src/daemon/young-heap.ts';
import { whatsappWeb } from '../../src/engine/whatsapp-web/profile-layout.ts';
import { verifyProfile } from '../../src/profile/verification/verify-profile.ts';
import { restoreBackup } from '../../src/restore/restore-backup.ts';
import type { RestoreTools } from '../../src/restore/tools.ts';
import { sessionId } from '../../src/session/id.ts';
import { systemClock } from '../../src/system/clock.ts';
import { LinuxDisk } from '../../src/system/linux-disk.ts';
import { LinuxProcesses } from '../../src/system/linux-processes.ts';
import { DirectoryVault } from '../../src/vault/directory-vault.ts';
import { volumeLayout } from '../../src/volume/layout.ts';

keepYoungHeapSmall();
const [root = '', directory = ''] = process.argv.slice(2);
const session = sessionId('measured');
const signal = new AbortController().signal;
const disk = new LinuxDisk();
const layout = volumeLayout(root);
const tools: RestoreTools = {
  layout,
  disk,
  clock: systemClock,
  processes: new LinuxProcesses(),
  vault: new DirectoryVault({ path: layout.vault, disk, clock: systemClock, onVolume: true }),
  engine: whatsappWeb,
  verify: verifyProfile,
  encryption: null,
  floor: 0,
  browserVersion: async () => null,
};

// What the start itself took is not this work's.
await wait(300);
const backup = await measured(async () => {
  const { manifest } = await takeBackup(
    {
      session,
      epoch: 1,
      login: null,
      phone: null,
      versions: { library: null, browser: null, web: null },
      copy: { method: 'closed', pause: null },
      directory,
      expected: null,
      signal,
    },
    tools,
  );
  return manifest;
});
say({ done: 'backup', ...backup.cost, bytes: backup.result.archive.bytes });
const restore = await measured(() => restoreBackup(backup.result, { signal }, tools));
say({ done: 'restore', ...restore.cost });

interface Cost {
  readonly seconds: number;
  /** MiB, before and at the most. */
  readonly idle: number;
  readonly peak: number;
}

async function measured<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly cost: Cost }> {
  // Forgets the highest mark so far.
  await writeFile('/proc/self/clear_refs', '5');
  const { VmRSS: idle } = await memory();
  const began = performance.now();
  const result = await work();
  const seconds = (performance.now() - began) / 1_000;
  const { VmHWM: peak } = await memory();
  return { result, cost: { seconds, idle, peak } };
}

async function memory(): Promise<{ readonly VmRSS: number; readonly VmHWM: number }> {
  const status = await readFile('/proc/self/status', 'utf8');
  const of = (name: string) => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1_024;
  return { VmRSS: of('VmRSS'), VmHWM: of('VmHWM') };
}

function say(line: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
