import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { eventually } from '../../test/support/eventually.ts';
import { systemClock } from '../system/clock.ts';
import { runCommand } from './command.ts';

const sh = (script: string, more: Partial<Parameters<typeof runCommand>[0]> = {}) =>
  runCommand({
    file: '/bin/sh',
    args: ['-c', script],
    env: process.env,
    clock: systemClock,
    deadline: 60_000,
    ...more,
  });

describe('a command', () => {
  it('ends with its exit code and what it said', async () => {
    expect(await sh('echo out; echo err >&2; exit 3')).toEqual({
      code: 3,
      stdout: 'out\n',
      stderr: 'err\n',
      failure: null,
    });
  });

  it('that cannot be started is an outcome, not an exception', async () => {
    expect(await sh('', { file: '/nonexistent/browser' })).toMatchObject({
      code: null,
      failure: expect.stringContaining('ENOENT'),
    });
  });

  it('is killed at its deadline, with the children that hold its output open', async () => {
    const clock = new FakeClock();
    let line: (text: string) => void = () => undefined;
    const began = new Promise<string>((resolve) => {
      line = resolve;
    });
    const outcome = sh('sleep 1000 & echo $!; wait', {
      clock,
      deadline: 5_000,
      onLine: (text) => line(text),
    });
    const child = Number(await began);
    await clock.advance(5_000);
    expect(await outcome).toMatchObject({ code: null, failure: 'did not end within 5 s' });
    // Its output closes an instant before the kernel counts it as ended.
    await eventually(() => expect(isAlive(child)).toBe(false));
    expect(clock.pending).toBe(0);
  });

  it('is killed when it is silent for longer than it may be', async () => {
    const clock = new FakeClock();
    const outcome = sh('sleep 1000', { clock, patience: 1_000 });
    await clock.advance(1_000);
    expect((await outcome).failure).toBe('was silent for 1 s');
  });

  it('is killed when it is not wanted any more', async () => {
    const stop = new AbortController();
    const outcome = sh('sleep 1000', { signal: stop.signal });
    stop.abort();
    expect((await outcome).failure).toBe('was interrupted');
  });
});

/** A zombie that its new parent has not collected yet is dead all the same. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}
