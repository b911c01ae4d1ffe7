import { expect, it } from 'vitest';
import { FakeClock, settle } from '../../test/doubles/fake-clock.ts';
import { createLogger } from '../log.ts';
import { pingGoodRun } from './good-run-ping.ts';

const url = 'https://checks.example/ping/a-secret-word';

function scene(answer: (signal: AbortSignal, asked: number) => Promise<Response>) {
  const clock = new FakeClock();
  const lines: string[] = [];
  const asked: string[] = [];
  const log = createLogger({ level: 'trace', clock, write: (line) => void lines.push(line) });
  const get = (async (address: string, { signal }: { signal: AbortSignal }) => {
    asked.push(address);
    return answer(signal, asked.length);
  }) as unknown as typeof fetch;
  const done = pingGoodRun({ url, clock, log, fetch: get });
  return { clock, lines, asked, done };
}

it('is fetched once, and its address told to nobody', async () => {
  const { done, asked, lines } = scene(async () => new Response('OK'));
  await done;
  expect(asked).toEqual([url]);
  expect(lines.join()).toContain('checks.example');
  expect(lines.join()).not.toContain('a-secret-word');
});

it('is tried again a few times, and fails nothing', async () => {
  const { clock, done, asked, lines } = scene(async () => {
    throw new TypeError('fetch failed', { cause: new Error(`cannot reach ${url}`) });
  });
  await clock.advance(60 * 60_000);
  await done;
  expect(asked).toHaveLength(3);
  expect(lines.join()).not.toContain('a-secret-word');
});

it('counts an answer that is none, and follows nobody elsewhere', async () => {
  const { clock, done, asked } = scene(async (_, nth) =>
    nth === 1 ? new Response(null, { status: 302 }) : new Response('OK'),
  );
  await clock.advance(60_000);
  await done;
  expect(asked).toHaveLength(2);
});

it('waits ten seconds for an answer', async () => {
  const { clock, asked } = scene(
    (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
  );
  await settle();
  await clock.advance(9_999);
  expect(asked).toHaveLength(1);
  await clock.advance(31_000);
  expect(asked).toHaveLength(2);
});
