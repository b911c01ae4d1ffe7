import { expect, it } from 'vitest';
import { FakeClock, settle } from '../../test/doubles/fake-clock.ts';
import { sessionView } from '../../test/doubles/scripted-operations.ts';
import type { SessionNotice } from '../session/session-view.ts';
import { noticeLines } from './notice-lines.ts';

const status: SessionNotice = { event: 'status', session: sessionView('sales') };

async function* endless(): AsyncGenerator<SessionNotice> {
  for (;;) yield status;
}

async function* quiet(): AsyncGenerator<SessionNotice> {
  yield status;
  await new Promise(() => {});
}

async function begin(source: AsyncGenerator<SessionNotice>) {
  const clock = new FakeClock();
  const ends: string[] = [];
  const lines = noticeLines({
    first: await source.next(),
    notices: source,
    clock,
    end: () => ends.push('ended'),
  });
  return { lines, clock, ends };
}

it('sends an empty line every 15 s while nothing happens', async () => {
  const { lines, clock } = await begin(quiet());
  await clock.advance(30_000);
  expect(String(lines.read())).toBe(`${JSON.stringify(status)}\n\n\n`);
  lines.destroy();
});

it('cuts off a reader that does not read, and follows no longer', async () => {
  const { lines, ends } = await begin(endless());
  const failure = new Promise<Error>((resolve) => lines.once('error', resolve));
  await settle();
  expect((await failure).message).toBe('The follower does not read.');
  expect(ends).toEqual(['ended']);
  expect(lines.readableLength).toBeLessThan(300 * 1024);
});

it('leaves no timer behind', async () => {
  const { lines, clock, ends } = await begin(quiet());
  lines.destroy();
  await settle();
  expect(clock.pending).toBe(0);
  expect(ends).toEqual(['ended']);
});

it('ends with its source', async () => {
  async function* two(): AsyncGenerator<SessionNotice> {
    yield status;
    yield { event: 'ready' };
  }
  const { lines } = await begin(two());
  let text = '';
  for await (const chunk of lines) text += String(chunk);
  expect(text.split('\n').map((line) => (line === '' ? null : JSON.parse(line).event))).toEqual([
    'status',
    'ready',
    null,
  ]);
});
