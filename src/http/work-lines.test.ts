import type { Readable } from 'node:stream';
import { expect, it } from 'vitest';
import { FakeClock, settle } from '../../test/doubles/fake-clock.ts';
import { Gate } from '../../test/doubles/gate.ts';
import type { Step } from '../supervisor/backup-operations.ts';
import { workLines } from './work-lines.ts';

const progress = { step: 'put', done: 1, total: 2 } as const;

function begin(work: (signal: AbortSignal) => AsyncGenerator<Step<unknown>>) {
  const clock = new FakeClock();
  const told: string[] = [];
  const controller = new AbortController();
  const { signal } = controller;
  const lines = workLines({
    work: work(signal),
    signal,
    clock,
    failure: (thrown) => ({ message: String(thrown) }),
    left: () => told.push('left'),
    over: () => told.push('over'),
  });
  return { lines, clock, told, controller };
}

/** Its lines; null for an empty one. */
async function read(lines: Readable): Promise<unknown[]> {
  let text = '';
  for await (const chunk of lines) text += String(chunk);
  const [last, ...others] = text.split('\n').reverse();
  expect(last).toBe('');
  return others.reverse().map((line) => (line === '' ? null : JSON.parse(line)));
}

it('tells progress, then the result', async () => {
  const { lines, told, clock } = begin(async function* () {
    yield { progress };
    yield { result: { id: 'b-1' } };
  });
  expect(await read(lines)).toEqual([null, { progress }, { result: { id: 'b-1' } }]);
  expect(told).toEqual(['over', 'left']);
  expect(clock.pending).toBe(0);
});

it('tells what failed', async () => {
  const { lines } = begin(async function* () {
    yield { progress };
    throw new Error('The disk is full.');
  });
  expect(await read(lines)).toEqual([null, { progress }, { error: { message: 'Error: The disk is full.' } }]);
});

it('takes what is thrown after the signal for its end, and tells nothing', async () => {
  const { lines, controller } = begin(async function* (signal) {
    yield { progress };
    controller.abort();
    signal.throwIfAborted();
  });
  expect(await read(lines)).toEqual([null, { progress }]);
});

it('sends an empty line at once, and every 15 s while nothing happens', async () => {
  const { lines, clock } = begin(async function* () {
    await new Promise(() => {});
    yield { progress };
  });
  await clock.advance(30_000);
  expect(String(lines.read())).toBe('\n\n\n');
  lines.destroy();
});

it('goes on to its end when nobody reads any more', async () => {
  const gate = new Gate().shut();
  const { lines, told } = begin(async function* () {
    yield { progress };
    await gate.passage;
    yield { progress };
    yield { result: 1 };
  });
  await settle();
  lines.destroy();
  await settle();
  expect(told).toEqual(['left']);
  gate.open();
  await settle();
  expect(told).toEqual(['left', 'over']);
});

it('is not slowed by a reader that does not read, and still tells it the result', async () => {
  const { lines, told } = begin(async function* () {
    for (let done = 0; done < 10_000; done++) yield { progress: { ...progress, done } };
    yield { result: 'all of it' };
  });
  await expect.poll(() => told).toEqual(['over']);
  expect(lines.readableLength).toBeLessThan(70 * 1024);
  expect((await read(lines)).at(-1)).toEqual({ result: 'all of it' });
});
