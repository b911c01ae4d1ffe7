import { describe, expect, it } from 'vitest';
import { settle } from '../../test/doubles/fake-clock.ts';
import type { Progress } from '../session/ports.ts';
import type { Step } from './backup-operations.ts';
import { worked } from './work.ts';

const at = (done: number): Progress => ({ step: 'download', done, total: 9 });

/** Something long that the test carries out. */
function work() {
  const result = Promise.withResolvers<string>();
  let begun = 0;
  let tell: (progress: Progress) => void = () => {};
  const steps = worked<string>((progress) => {
    begun++;
    tell = progress;
    return result.promise;
  });
  return { steps, begun: () => begun, tell: (done: number) => tell(at(done)), ...result };
}

async function all(steps: AsyncIterable<Step<string>>): Promise<Step<string>[]> {
  const found: Step<string>[] = [];
  for await (const step of steps) found.push(step);
  return found;
}

describe('something long', () => {
  it('begins when it is first looked at, and only once', async () => {
    const { steps, begun, resolve } = work();
    await settle();
    expect(begun()).toBe(0);
    const looked = all(steps);
    await settle();
    resolve('done');
    expect(await looked).toEqual([{ result: 'done' }]);
    expect(begun()).toBe(1);
  });

  it('tells each step forward to who asks as fast as it goes', async () => {
    const { steps, tell, resolve } = work();
    const looked = all(steps);
    for (const done of [1, 2]) {
      await settle();
      tell(done);
    }
    await settle();
    resolve('done');
    expect(await looked).toEqual([{ progress: at(1) }, { progress: at(2) }, { result: 'done' }]);
  });

  it('tells a slow one the newest only, and never waits for it', async () => {
    const { steps, tell } = work();
    const first = steps.next();
    await settle();
    tell(1);
    expect(await first).toMatchObject({ value: { progress: at(1) } });
    for (let done = 2; done <= 9; done++) tell(done);
    expect(await steps.next()).toMatchObject({ value: { progress: at(9) } });
  });

  it('tells its result although nobody has heard of the last step', async () => {
    const { steps, tell, resolve } = work();
    const first = steps.next();
    await settle();
    tell(1);
    await first;
    tell(2);
    resolve('done');
    await settle();
    expect(await all(steps)).toEqual([{ result: 'done' }]);
  });

  it('fails with what it failed with, after the steps that were told', async () => {
    const { steps, tell, reject } = work();
    const error = new Error('no room');
    const first = steps.next();
    await settle();
    tell(1);
    await first;
    reject(error);
    await expect(all(steps)).rejects.toBe(error);
  });

  it('fails where it cannot even begin', async () => {
    const error = new Error('there is none');
    await expect(
      all(
        worked(async () => {
          throw error;
        }),
      ),
    ).rejects.toBe(error);
  });

  it('goes on when nobody looks any more, and its failure is nobody’s', async () => {
    const { steps, tell, reject } = work();
    const first = steps.next();
    await settle();
    tell(1);
    await first;
    await steps.return(undefined);
    tell(2);
    reject(new Error('late'));
    await settle();
    expect(await steps.next()).toMatchObject({ done: true });
  });
});
