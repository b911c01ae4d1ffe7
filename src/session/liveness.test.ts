import { describe, expect, it } from 'vitest';
import type { ProbeReport } from '../engine/engine.ts';
import { judge } from './liveness.ts';

const fine: ProbeReport = {
  page: 'answers',
  socket: 'up',
  synced: true,
  bridge: true,
  trafficAge: null,
  detail: null,
};

describe('what a report means', () => {
  it.each([
    ['healthy', {}],
    ['silent', { page: 'silent', socket: null, bridge: false }],
    ['navigating', { page: 'navigating', socket: null, bridge: false }],
    ['offline', { socket: 'down' }],
    ['offline', { socket: 'down' }],
    ['offline', { socket: null }],
    ['conflict', { socket: 'conflict' }],
    ['unlinked', { socket: 'unpaired' }],
    ['unlinked', { socket: 'unpaired' }],
    ['bridge_lost', { bridge: false }],
  ] as const)('%s: %o', (verdict, change) => {
    expect(judge({ ...fine, ...change } as ProbeReport)).toBe(verdict);
  });

  it('is not fooled by a connected socket on a page without the library', () => {
    expect(judge({ ...fine, bridge: false })).not.toBe('healthy');
  });
});
