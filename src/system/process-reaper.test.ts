import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { systemClock } from './clock.ts';
import { LinuxProcesses } from './linux-processes.ts';
import { reap } from './process-reaper.ts';

const ports = { processes: new LinuxProcesses(), clock: systemClock };

/** A shell with a child, in a group of their own, that carries these arguments. */
async function tree(...args: string[]) {
  const script = 'sleep 60 & echo up; wait';
  const child = spawn('/bin/sh', ['-c', script, 'tree', ...args], {
    detached: true,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const pid = child.pid ?? 0;
  onTestFinished(() => {
    if (child.exitCode === null && child.signalCode === null) process.kill(-pid, 'SIGKILL');
  });
  await once(child.stdout, 'data');
  return { child, pid };
}

async function membersOf(group: number) {
  return (await ports.processes.list()).filter((one) => one.group === group && one.state !== 'Z');
}

test('the whole group of a process with the marker ends, also when its pid was never known', async () => {
  const { pid } = await tree('--vigil-launch=one');
  await reap({ marker: '--vigil-launch=one', group: null }, ports, 5_000);
  expect(await membersOf(pid)).toEqual([]);
});

test('what is left of a group ends when its leader has gone', async () => {
  const { child, pid } = await tree('--vigil-launch=two');
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await membersOf(pid)).toHaveLength(1);
  await reap({ marker: '--vigil-launch=two', group: pid }, ports, 5_000);
  expect(await membersOf(pid)).toEqual([]);
});

test('another browser on the same profile is not harmed', async () => {
  const { pid } = await tree('--user-data-dir=/v/session-a', '--vigil-launch=three');
  await reap({ marker: '--vigil-launch=four', group: null }, ports, 5_000);
  expect(await membersOf(pid)).toHaveLength(2);
});

test('a process that is stopped ends as well', async () => {
  const { pid } = await tree('--vigil-launch=five');
  process.kill(-pid, 'SIGSTOP');
  await reap({ marker: '--vigil-launch=five', group: pid }, ports, 5_000);
  expect(await membersOf(pid)).toEqual([]);
});
