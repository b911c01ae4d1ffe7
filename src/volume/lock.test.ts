import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { FaultyDisk } from '../../test/doubles/faulty-disk.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { eventually } from '../../test/support/eventually.ts';
import { lockError, tryKernelLock } from './kernel-lock.ts';
import { type VolumeLayout, volumeLayout } from './layout.ts';
import { type AcquireOptions, acquireVolumeLock } from './lock.ts';

const rivalProgram = fileURLToPath(new URL('../../test/doubles/hold-volume-lock.ts', import.meta.url));
const describe_ = { pid: 4242, hostname: 'here', command: 'vigil serve', version: '0.1.0' };

async function volume(): Promise<VolumeLayout> {
  const layout = volumeLayout(await scratchDirectory());
  await mkdir(layout.ours);
  return layout;
}

function options(overrides: Partial<AcquireOptions> = {}): AcquireOptions {
  const signal = new AbortController().signal;
  return {
    waitMs: 0,
    clock: new FakeClock(),
    disk: new FaultyDisk(),
    signal,
    describe: describe_,
    ...overrides,
  };
}

/** A real process that tries for the lock, and what it said. */
async function rival(layout: VolumeLayout, waitMs = 0): Promise<{ said: string; child: ChildProcess }> {
  const child = spawn(process.execPath, [rivalProgram, layout.root, String(waitMs)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [data] = (await once(child.stdout, 'data')) as [Buffer];
  return { said: data.toString().trim(), child };
}

describe('the lock of a volume', () => {
  it('is held by one: not twice in one process either', async () => {
    const layout = await volume();
    const lock = await acquireVolumeLock(layout, options());
    await expect(acquireVolumeLock(layout, options())).rejects.toMatchObject({
      code: 'volume_busy',
      exit: 75,
    });
    // The refused attempt closed its handle on the file, which must not have dropped the first one's lock.
    expect((await rival(layout)).said).toBe('volume_busy');
    await lock.release();
    await lock.release();
    const again = await acquireVolumeLock(layout, options());
    await again.release();
  });

  it('tells who holds it', async () => {
    const layout = await volume();
    const { said } = await rival(layout);
    expect(said).toBe('held');
    await expect(acquireVolumeLock(layout, options())).rejects.toThrow(
      /held by "vigil serve" \(pid \d+ on rival-host, version 9\.9\.9, since 20/,
    );
  });

  it('goes to exactly one of two rivals that try at the same time', async () => {
    const layout = await volume();
    const rivals = await Promise.all([rival(layout), rival(layout)]);
    expect(rivals.map(({ said }) => said).sort()).toEqual(['held', 'volume_busy']);
  });

  it('is free at once when its holder is killed, whatever name it left', async () => {
    const layout = await volume();
    const { child } = await rival(layout);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
    expect(await readFile(layout.holder, 'utf8')).toContain('rival-host');
    const lock = await acquireVolumeLock(layout, options());
    expect(await readFile(layout.holder, 'utf8')).toContain('"hostname":"here"');
    await lock.release();
    expect(await readdir(layout.ours)).toEqual(['lock.db']);
  });

  it('is not let go by reading who holds it', async () => {
    const layout = await volume();
    const lock = await acquireVolumeLock(layout, options());
    await readFile(layout.holder);
    expect(tryKernelLock(layout.lock)).toBeNull();
    expect((await rival(layout)).said).toBe('volume_busy');
    await lock.release();
  });

  it('is taken over a file that is no database', async () => {
    const layout = await volume();
    await writeFile(
      layout.lock,
      'not a database at all, but long enough to be looked at as one. '.repeat(20),
    );
    const lock = await acquireVolumeLock(layout, options());
    expect((await rival(layout)).said).toBe('volume_busy');
    await lock.release();
  });

  it('is held even where its holder cannot be named', async () => {
    const layout = await volume();
    const lock = await acquireVolumeLock(
      layout,
      options({ disk: new FaultyDisk().fail('write-holder:create', 'ENOSPC') }),
    );
    await expect(acquireVolumeLock(layout, options())).rejects.toThrow('another process that left no name');
    await lock.release();
  });
});

describe('waiting for it', () => {
  it('names the holder once, and goes on as soon as it is free', async () => {
    const layout = await volume();
    const first = await acquireVolumeLock(layout, options());
    const clock = new FakeClock();
    const onWait = vi.fn();
    const second = acquireVolumeLock(layout, options({ clock, waitMs: 90_000, onWait }));
    await eventually(() => expect(clock.pending).toBe(1));
    for (let poll = 0; poll < 3; poll++) {
      await clock.advance(200);
      await eventually(() => expect(clock.pending).toBe(1));
    }
    expect(onWait).toHaveBeenCalledOnce();
    expect(onWait).toHaveBeenCalledWith(expect.objectContaining({ pid: 4242, command: 'vigil serve' }));
    await first.release();
    await clock.advance(200);
    await (await second).release();
  });

  it('ends with a refusal after its time', async () => {
    const layout = await volume();
    const first = await acquireVolumeLock(layout, options());
    const clock = new FakeClock();
    let outcome: unknown = null;
    const second = acquireVolumeLock(layout, options({ clock, waitMs: 1_000 })).catch((error: unknown) => {
      outcome = error;
    });
    while (!outcome) {
      if (clock.pending > 0) await clock.advance(100);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await second;
    expect(outcome).toMatchObject({
      code: 'volume_busy',
      message: expect.stringContaining('waited for 1 s'),
    });
    expect(clock.monotonic()).toBe(1_000);
    await first.release();
  });

  it('ends when it is told to', async () => {
    const layout = await volume();
    const first = await acquireVolumeLock(layout, options());
    const clock = new FakeClock();
    const stop = new AbortController();
    const second = acquireVolumeLock(layout, options({ clock, waitMs: 90_000, signal: stop.signal }));
    await eventually(() => expect(clock.pending).toBe(1));
    stop.abort(new Error('enough'));
    await expect(second).rejects.toThrow('enough');
    await first.release();
  });
});

describe('what cannot be locked is said clearly', () => {
  it('a file system without locks', () => {
    const error = Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR_LOCK' });
    expect(lockError(error, '/data/vigil/lock.db')).toMatchObject({
      code: 'volume_permission',
      message: expect.stringContaining('cannot lock files'),
      remedy: expect.stringContaining('local disk'),
    });
  });

  it('a directory, or a link into nowhere, where the file should be', async () => {
    const layout = await volume();
    await mkdir(layout.lock);
    await expect(acquireVolumeLock(layout, options())).rejects.toMatchObject({
      code: 'volume_permission',
      subject: layout.lock,
    });
    const other = await volume();
    await symlink('/nowhere/at/all', other.lock);
    await expect(acquireVolumeLock(other, options())).rejects.toMatchObject({ code: 'volume_permission' });
  });
});
