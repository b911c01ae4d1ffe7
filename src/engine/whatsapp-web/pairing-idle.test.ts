import { expect, test } from 'vitest';
import { PairingIdle } from './pairing-idle.ts';

test('new QRs are asked for three times, five seconds apart, then idleness is reported once', () => {
  const idle = new PairingIdle();
  const at = (now: number, state = 'UNPAIRED_IDLE') => idle.weigh(state, now);
  expect([at(0, 'UNPAIRED'), at(1), at(500), at(5_001), at(10_001), at(12_000)]).toEqual([
    'nothing',
    'refresh',
    'nothing',
    'refresh',
    'refresh',
    'nothing',
  ]);
  expect([at(15_001), at(20_001), at(60_000)]).toEqual(['report', 'nothing', 'nothing']);
});

test('QRs that came back begin it anew', () => {
  const idle = new PairingIdle();
  expect(idle.weigh('UNPAIRED_IDLE', 0)).toBe('refresh');
  expect(idle.weigh('UNPAIRED', 100)).toBe('nothing');
  expect(idle.weigh('UNPAIRED_IDLE', 200)).toBe('refresh');
});
