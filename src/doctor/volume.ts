import { stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { runCommand } from '../chromium/command.ts';
import { unlessAbsent } from '../system/errno.ts';
import { requireExpectedMount } from '../volume/expected-mount.ts';
import { tryKernelLock } from '../volume/kernel-lock.ts';
import { tryToWrite } from '../volume/try-to-write.ts';
import { roundBytes } from '../wording/bytes.ts';
import { bad, type Finding, good, warning } from '../wording/finding.ts';
import type { Check, DoctorContext } from './context.ts';
import { ground, scratchPath, writableGround } from './scratch.ts';
import { unwritable } from './unwritable.ts';

async function missing({ layout, volumeSource }: DoctorContext): Promise<Finding> {
  const there = await unlessAbsent(stat(layout.root));
  if (there) return bad('volume', `${layout.root} is a file`, 'Move it away, or name a directory.');
  if (volumeSource.kind === 'default')
    return warning(
      'volume',
      `${layout.root} does not exist yet`,
      'It is created by the first `vigil up` or `vigil serve`.',
    );
  return bad(
    'volume',
    `${layout.root} does not exist`,
    `Mount the volume there or correct ${volumeSource.name}; if it is to be a new one: mkdir ${layout.root}`,
  );
}

export const volumeCheck: Check = {
  name: 'volume',
  async run(context) {
    const { layout, env, disk, uid, settings } = context;
    await requireExpectedMount(layout.root, { env, expectMount: settings.expectMount === '1' });
    const directory = await ground(context.layout);
    if (directory === null) return [await missing(context)];
    try {
      await tryToWrite(directory, disk);
    } catch (thrown) {
      return [await unwritable({ name: 'volume', directory, uid }, thrown)];
    }
    return [await owned(context), space(await disk.freeBytes(directory), settings.spaceFloor)];
  },
};

async function owned({ layout, uid, stillRoot }: DoctorContext): Promise<Finding> {
  const { uid: owner } = await stat(layout.root);
  if (owner === uid) return good('volume', `${layout.root}, writable by user ${uid}`);
  const hand = `Run as user ${owner}, or hand it over: chown -R ${uid} ${layout.root}`;
  // As root everything is writable, and no daemon starts all the same.
  if (uid === 0)
    return bad(
      'volume',
      stillRoot?.message ?? `${layout.root} belongs to user ${owner}`,
      stillRoot?.remedy ?? hand,
    );
  const found = `${layout.root} is writable, but belongs to user ${owner}, and this is user ${uid}`;
  return warning('volume', found, hand);
}

function space(free: number, floor: number): Finding {
  const found = `${roundBytes(free)} free`;
  const remedy =
    'Free space or enlarge the volume; a session takes about 50 MB, and as much again for each backup.';
  if (free < floor)
    return bad('space', `${found}, below the floor of ${roundBytes(floor)} (VIGIL_SPACE_FLOOR)`, remedy);
  return free < 3 * floor
    ? warning('space', `${found}, close to the floor of ${roundBytes(floor)}`, remedy)
    : good('space', found);
}

/** Locks belong to processes, so only another process can tell whether one holds. */
const script = `
const [library, path] = process.argv.slice(1);
const Database = require(library);
try {
  new Database(path, { timeout: 0 }).exec('BEGIN EXCLUSIVE');
  console.log('free');
} catch (error) {
  console.log(error.code);
}
`;

/** Some network and user-space file systems accept every lock. Then nothing keeps two daemons apart. */
export const lockCheck: Check = {
  name: 'lock',
  async run(context, signal) {
    const { clock, disk, env } = context;
    const directory = await writableGround(context);
    if (directory === null) return [];
    const path = scratchPath(directory);
    const lock = tryKernelLock(path);
    try {
      const rival = await runCommand({
        file: process.execPath,
        args: ['-e', script, createRequire(import.meta.url).resolve('better-sqlite3'), path],
        env,
        clock,
        deadline: 10_000,
        signal,
      });
      const said = rival.stdout.trim();
      if (lock && said.startsWith('SQLITE_BUSY')) return [good('lock', 'holds against a second process')];
      const why =
        said === 'free'
          ? 'a second process got the lock that this one held'
          : (rival.failure ?? (said || rival.stderr.trim()));
      return [
        bad(
          'lock',
          `files below ${dirname(path)} cannot be locked: ${why}`,
          'Put the volume on a file system with locks (a local disk, or NFS with its lock service).',
        ),
      ];
    } finally {
      lock?.release();
      for (const file of [path, `${path}-journal`])
        await disk.remove(file, 'doctor:remove').catch(() => false);
    }
  },
};
