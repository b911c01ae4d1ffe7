import { describe, expect, it } from 'vitest';
import { VigilError } from '../../src/errors.ts';
import { SoloOwnership } from '../../src/ownership/solo.ts';
import { WithheldOwnership } from '../../src/ownership/withheld.ts';
import { sessionId } from '../../src/session/id.ts';
import { ownershipContract } from './ownership.ts';

const main = sessionId('main');
const sales = sessionId('sales');
const never = new AbortController().signal;

ownershipContract('solo', async () => new SoloOwnership());
ownershipContract('withheld', async () => {
  const ownership = new WithheldOwnership(new SoloOwnership());
  ownership.withhold(() => null);
  return ownership;
});

it('goes on from the epochs of earlier runs', async () => {
  const ownership = new SoloOwnership((session) => (session === 'main' ? 41 : 0));
  expect((await ownership.claim(main, never)).epoch).toBe(42);
  expect((await ownership.claim(sales, never)).epoch).toBe(1);
});

describe('a session that somebody else may run', () => {
  const why = new VigilError('vault_owned', 'It may run elsewhere.');

  it('is lost by whoever has it, and not to be had until it is ours again', async () => {
    const ownership = new WithheldOwnership(new SoloOwnership());
    const [one, other] = [await ownership.claim(main, never), await ownership.claim(sales, never)];
    ownership.withhold((session) => (session === main ? why : null));
    expect([one.signal.aborted, one.signal.reason, other.signal.aborted]).toEqual([true, why, false]);
    await expect(ownership.claim(main, never)).rejects.toBe(why);
    one.release();
    ownership.withhold(() => null);
    expect((await ownership.claim(main, never)).epoch).toBe(2);
  });

  it('is not given to whoever waited for it either', async () => {
    const ownership = new WithheldOwnership(new SoloOwnership());
    const first = await ownership.claim(main, never);
    const second = ownership.claim(main, never).catch((error: unknown) => error);
    ownership.withhold(() => why);
    first.release();
    expect(await second).toBe(why);
    ownership.withhold(() => null);
    (await ownership.claim(main, never)).release();
  });
});
