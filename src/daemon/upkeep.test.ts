import { expect, it } from 'vitest';
import { FakeClock, settle } from '../../test/doubles/fake-clock.ts';
import { savedRecord } from '../../test/doubles/session-world.ts';
import { keepUp } from './upkeep.ts';

const day = 86_400_000;

it('what a vault that was away has missed is made up for at the start, and quarantine looked through each day', async () => {
  const clock = new FakeClock();
  const steps: string[] = [];
  let records = [savedRecord('main', { rejected: ['b1'] }), savedRecord('sales')];
  const stop = new AbortController();
  const keeping = keepUp(
    {
      clock,
      backups: { markRejected: async ({ id, rejected }) => void steps.push(`${id} ${rejected}`) },
      housekeeping: { daily: async (all) => void steps.push(all.map(({ id }) => id).join()) },
      lookAtKeys: async () => void steps.push('keys'),
      records: () => records,
    },
    stop.signal,
  );
  await settle();
  expect(steps).toEqual(['keys', 'main b1', 'sales ', 'main,sales']);
  records = records.slice(1);
  await clock.advance(day);
  await settle();
  expect(steps.slice(4)).toEqual(['keys', 'sales ', 'sales']);
  stop.abort(new Error('the daemon ends'));
  await keeping;
  expect(clock.pending).toBe(0);
});
