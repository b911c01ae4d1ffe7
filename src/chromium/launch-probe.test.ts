import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { systemClock } from '../system/clock.ts';
import { probeLaunch } from './launch-probe.ts';

describe('a launch that is tried', () => {
  it('says why a browser ended at once', async () => {
    const verdict = await probeLaunch({
      path: '/bin/false',
      args: [],
      env: process.env,
      clock: systemClock,
      deadline: 60_000,
    });
    expect(verdict).toEqual({ ok: false, why: 'ended at once (exit code 1)' });
  });

  it('says that there is no such browser', async () => {
    const verdict = await probeLaunch({
      path: '/nonexistent/browser',
      args: [],
      env: process.env,
      clock: systemClock,
      deadline: 60_000,
    });
    expect(verdict).toMatchObject({ ok: false, why: expect.stringContaining('ENOENT') });
  });

  it('is over at its deadline, with nothing left running', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'vigil-launch-'));
    const mute = join(directory, 'mute');
    writeFileSync(mute, '#!/bin/sh\nexec sleep 1000\n', { mode: 0o755 });
    const clock = new FakeClock();
    const probe = probeLaunch({ path: mute, args: [], env: process.env, clock, deadline: 10_000 });
    while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
    await clock.advance(10_000);
    expect(await probe).toEqual({ ok: false, why: 'did not answer within 10 s' });
    rmSync(directory, { recursive: true });
  });
});
