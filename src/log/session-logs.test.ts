import { appendFile, mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { sessionId } from '../session/id.ts';
import { logPath, volumeLayout } from '../volume/layout.ts';
import { followSessionLog, readSessionLog } from './read-session-log.ts';
import { VolumeSessionLogs } from './session-logs.ts';

const main = sessionId('main');

async function volume() {
  const layout = volumeLayout(await scratchDirectory());
  await mkdir(layout.logs, { recursive: true });
  return layout;
}

describe('the log of a session', () => {
  it('holds its lines in order, readable by its owner only', async () => {
    const layout = await volume();
    const logs = new VolumeSessionLogs(layout);
    for (let line = 0; line < 100; line++) logs.append(main, `${line}\n`);
    await logs.flush();
    expect(await readSessionLog(layout, main, { lines: 3 })).toEqual(['97', '98', '99']);
    expect((await stat(logPath(layout, main))).mode & 0o777).toBe(0o600);
  });

  it('is bounded: two files, the newest lines in them', async () => {
    const layout = await volume();
    const logs = new VolumeSessionLogs(layout, 100);
    for (let line = 100; line < 200; line++) {
      logs.append(main, `line ${line}\n`);
      await logs.flush();
    }
    const lines = await readSessionLog(layout, main, { lines: 1_000 });
    expect(lines.at(-1)).toBe('line 199');
    expect(lines.length).toBeLessThanOrEqual(22);
    expect(lines.length).toBeGreaterThanOrEqual(11);
    expect((await stat(`${logPath(layout, main)}.1`)).size).toBeLessThanOrEqual(100);
  });

  it('loses lines rather than fail when it cannot be written', async () => {
    const layout = await volume();
    await rm(layout.logs, { recursive: true });
    const logs = new VolumeSessionLogs(layout);
    logs.append(main, 'a\n');
    await logs.flush();
    expect(logs.lost).toBe(1);
    await mkdir(layout.logs);
    logs.append(main, 'b\n');
    await logs.flush();
    expect(await readSessionLog(layout, main, { lines: 9 })).toEqual(['b']);
  });

  it('is not written through a planted link', async () => {
    const layout = await volume();
    const target = join(layout.root, 'precious');
    await writeFile(target, 'precious');
    await symlink(target, logPath(layout, main));
    const logs = new VolumeSessionLogs(layout);
    logs.append(main, 'a\n');
    await logs.flush();
    expect(await readFile(target, 'utf8')).toBe('precious');
    expect(logs.lost).toBe(1);
  });

  it('does not fill the memory when the disk hangs', async () => {
    const logs = new VolumeSessionLogs(await volume());
    for (let line = 0; line < 1_000; line++) logs.append(main, `${'x'.repeat(1_000)}\n`);
    expect(logs.lost).toBeGreaterThan(700);
    await logs.flush();
  });
});

it('has no lines where nothing was logged, and leaves out one that is not complete', async () => {
  const layout = await volume();
  expect(await readSessionLog(layout, main, { lines: 5 })).toEqual([]);
  await writeFile(logPath(layout, main), 'whole\nhal');
  expect(await readSessionLog(layout, main, { lines: 5 })).toEqual(['whole']);
  expect(await readSessionLog(layout, main, { lines: 0 })).toEqual([]);
});

describe('following', () => {
  it('tells the newest lines and then each new one, across a rotation, without a gap or a double', async () => {
    const layout = await volume();
    const logs = new VolumeSessionLogs(layout, 60);
    const clock = new FakeClock();
    const stop = new AbortController();
    const add = async (text: string) => {
      logs.append(main, `${text}\n`);
      await logs.flush();
    };
    await add('before 1');
    await add('before 2');
    const following = followSessionLog(layout, main, { lines: 1, clock, signal: stop.signal });
    expect((await following.next()).value).toBe('before 2');
    const seen: string[] = [];
    for (let line = 0; line < 20; line++) {
      const next = following.next();
      await add(`größer ${line}`);
      while (clock.pending === 0) if (await Promise.race([next.then(() => true), tick()])) break;
      await clock.advance(250);
      seen.push(String((await next).value));
    }
    expect(seen).toEqual(Array.from({ length: 20 }, (_, line) => `größer ${line}`));
    stop.abort();
    expect((await following.next()).done).toBe(true);
  });

  it('waits for a log that does not exist yet, and for the end of a line', async () => {
    const layout = await volume();
    const clock = new FakeClock();
    const stop = new AbortController();
    const following = followSessionLog(layout, main, { lines: 10, clock, signal: stop.signal });
    const next = following.next();
    while (clock.pending === 0) await tick();
    await writeFile(logPath(layout, main), 'first\n');
    await clock.advance(250);
    expect((await next).value).toBe('first');
    const whole = following.next();
    await appendFile(logPath(layout, main), 'sec');
    await clock.advance(250);
    while (clock.pending === 0) await tick();
    await appendFile(logPath(layout, main), 'ond\n');
    await clock.advance(250);
    expect((await whole).value).toBe('second');
    stop.abort();
    expect((await following.next()).done).toBe(true);
  });
});

function tick(): Promise<false> {
  return new Promise((resolve) => setImmediate(() => resolve(false)));
}
