import { expect, test } from 'vitest';
import { EngineFailure } from '../engine.ts';
import { isBenignRejection } from './benign-rejection.ts';

const still = { navigating: false, ended: false };
const navigating = { navigating: true, ended: false };
const ended = { navigating: false, ended: true };
const destroyed = new Error('Execution context was destroyed, most likely because of a navigation.');

test.for([
  [destroyed, still, false],
  [destroyed, navigating, true],
  [destroyed, ended, true],
  ['auth timeout', still, false],
  ['auth timeout', navigating, true],
  [new Error('Protocol error (Runtime.callFunctionOn): Target closed'), navigating, false],
  [new Error('Protocol error (Runtime.callFunctionOn): Target closed'), ended, true],
  [new Error('read ECONNRESET'), still, false],
  [new Error('read ECONNRESET'), ended, true],
  [new EngineFailure('refused', 'unlinked'), ended, true],
  [new EngineFailure('refused', 'unlinked'), still, false],
  [new Error('Could not load body for this request.'), still, true],
  [new TypeError("Cannot read properties of undefined (reading 'on')"), navigating, false],
  [new TypeError("Cannot read properties of undefined (reading 'on')"), ended, false],
  [undefined, still, false],
] as const)('%s, %o: %s', ([reason, condition, benign]) => {
  expect(isBenignRejection(reason, condition)).toBe(benign);
});
