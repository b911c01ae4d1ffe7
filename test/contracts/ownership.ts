/** What every ownership adapter promises (src/ownership/ownership.ts). */
import { describe, expect, it } from 'vitest';
import type { Ownership } from '../../src/ownership/ownership.ts';
import { sessionId } from '../../src/session/id.ts';

const main = sessionId('main');
const sales = sessionId('sales');
const never = new AbortController().signal;

export function ownershipContract(name: string, make: () => Promise<Ownership>): void {
  describe(`ownership: ${name}`, () => {
    it('is held with a live signal until it is released, and beyond', async () => {
      const claim = await (await make()).claim(main, never);
      expect(claim.signal.aborted).toBe(false);
      claim.release();
      claim.release();
      expect(claim.signal.aborted).toBe(false);
    });

    it('gives each claim a higher epoch than the one before', async () => {
      const ownership = await make();
      const epochs: number[] = [];
      for (let round = 0; round < 5; round++) {
        const claim = await ownership.claim(main, never);
        epochs.push(claim.epoch);
        claim.release();
      }
      expect(epochs).toEqual([...new Set(epochs)].sort((a, b) => a - b));
    });

    it('lets a second claim of a session wait for the release', async () => {
      const ownership = await make();
      const first = await ownership.claim(main, never);
      let held = 0;
      const others = Array.from({ length: 5 }, async () => {
        const claim = await ownership.claim(main, never);
        held++;
        expect(held).toBe(1);
        await turn();
        held--;
        claim.release();
      });
      await turn();
      expect(held).toBe(0);
      first.release();
      await Promise.all(others);
    });

    it('does not keep one session waiting for another', async () => {
      const ownership = await make();
      const first = await ownership.claim(main, never);
      const second = await ownership.claim(sales, never);
      second.release();
      first.release();
    });

    it('ends a wait with the reason of its signal, and gives nothing to whoever gave up', async () => {
      const ownership = await make();
      const first = await ownership.claim(main, never);
      const stop = new AbortController();
      const impatient = ownership.claim(main, stop.signal);
      const patient = ownership.claim(main, never);
      stop.abort(new Error('enough'));
      await expect(impatient).rejects.toThrow('enough');
      // The place that was given up must not let the one behind overtake the holder.
      let overtaken = false;
      void patient.then(() => {
        overtaken = true;
      });
      await turn();
      expect(overtaken).toBe(false);
      first.release();
      (await patient).release();
    });

    it('refuses a claim whose signal has aborted before', async () => {
      const ownership = await make();
      await expect(ownership.claim(main, AbortSignal.abort(new Error('late')))).rejects.toThrow('late');
      (await ownership.claim(main, never)).release();
    });
  });
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
