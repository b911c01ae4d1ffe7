import { expect, it } from 'vitest';
import { SoloOwnership } from '../../src/ownership/solo.ts';
import { sessionId } from '../../src/session/id.ts';
import { ownershipContract } from './ownership.ts';

ownershipContract('solo', async () => new SoloOwnership());

it('goes on from the epochs of earlier runs', async () => {
  const ownership = new SoloOwnership((session) => (session === 'main' ? 41 : 0));
  const never = new AbortController().signal;
  expect((await ownership.claim(sessionId('main'), never)).epoch).toBe(42);
  expect((await ownership.claim(sessionId('sales'), never)).epoch).toBe(1);
});
