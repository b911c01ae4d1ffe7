import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeClock, settle } from '../../test/doubles/fake-clock.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { savedRecord } from '../../test/doubles/session-world.ts';
import { createLogger } from '../log.ts';
import type { SessionRecord } from '../session/record.ts';
import { openHistory } from './history.ts';

const one = savedRecord('one');
const two = savedRecord('two', { wanted: 'stopped' });

async function scene(prepare: (path: string) => Promise<unknown> = async () => {}) {
  const path = join(await scratchDirectory(), 'registry', 'registry.db');
  await mkdir(dirname(path));
  await prepare(path);
  const clock = new FakeClock();
  const lines: string[] = [];
  const known: SessionRecord[] = [];
  const open = async () => {
    const history = await openHistory({
      path,
      clock,
      log: createLogger({ level: 'trace', clock, write: (line) => void lines.push(line) }),
      records: () => known,
    });
    onTestFinished(() => history.close());
    return history;
  };
  const told = (what: RegExp) => lines.filter((line) => what.test(line)).length;
  return { path, clock, known, open, told };
}

/** The registry's file is worked on by threads, whose work ends in its own time. */
async function remembered(registry: { sessions(): Promise<readonly SessionRecord[]> }) {
  return (await registry.sessions()).map(({ id }) => id).sort();
}

describe('the history', () => {
  it('remembers the newest of every session', async () => {
    const { open } = await scene();
    const history = await open();
    history.record(one);
    history.record({ ...one, wanted: 'stopped' });
    expect(await history.registry.sessions()).toMatchObject([{ id: 'one', wanted: 'stopped' }]);
  });

  it('has on the disk what it was told before it was closed', async () => {
    const { open } = await scene();
    const first = await open();
    first.record(one);
    await first.close();
    const second = await open();
    expect(await remembered(second.registry)).toEqual(['one']);
  });

  it('that is lost is told once, goes on, and writes what it was told when it is back', async () => {
    const { path, clock, open, told } = await scene(async (it) => {
      await rm(dirname(it), { recursive: true });
    });
    const history = await open();
    for (let round = 0; round < 10; round++) {
      history.record(one);
      history.incident({
        id: 'i',
        session: one.id,
        openedAt: '2026-01-01T00:00:00.000Z',
        closedAt: null,
        cause: 'hang',
        steps: [],
        outcome: null,
        remedy: null,
      });
      await clock.advance(60_000);
    }
    expect(told(/registry is lost/)).toBe(1);
    expect(told(/registry is back/)).toBe(0);
    await mkdir(dirname(path));
    await clock.advance(60_000);
    expect(await remembered(history.registry)).toEqual(['one']);
    expect(await history.registry.incidents(one.id, 10)).toHaveLength(1);
    expect({ lost: told(/registry is lost/), back: told(/registry is back/) }).toEqual({ lost: 1, back: 1 });
  });

  it('that is deleted under way gets all records again', async () => {
    const { path, known, open, told } = await scene();
    const history = await open();
    known.push(one, two);
    for (const record of known) history.record(record);
    expect(await remembered(history.registry)).toEqual(['one', 'two']);
    await rename(path, `${path}.away`);
    // Only one of them changes; the others must not be forgotten for that.
    history.record({ ...one, restarts: 1 });
    await history.registry.sessions();
    expect(await remembered(history.registry)).toEqual(['one', 'two']);
    expect(told(/begun anew/)).toBe(1);
  });

  it('that was damaged is set aside, told, and gets what is known', async () => {
    const { path, known, open, told } = await scene((it) => writeFile(it, 'no database'.repeat(1_000)));
    known.push(one, two);
    const history = await open();
    await settle();
    expect(await remembered(history.registry)).toEqual(['one', 'two']);
    expect({ anew: told(/begun anew/), lost: told(/registry is lost/) }).toEqual({ anew: 1, lost: 0 });
    expect((await readdir(dirname(path))).some((name) => name.includes('.damaged-'))).toBe(true);
  });

  it('writes nothing after it was closed, and keeps no timer', async () => {
    const { clock, open } = await scene();
    const history = await open();
    history.record(one);
    await history.close();
    history.record(two);
    expect(clock.pending).toBe(0);
    const again = await open();
    expect(await remembered(again.registry)).toEqual(['one']);
  });
});
