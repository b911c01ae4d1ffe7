import { expect, it } from 'vitest';
import { loadSettings } from '../config/load.ts';
import { trustedProxies } from './trusted-proxies.ts';

const railway = { RAILWAY_SERVICE_ID: 'x' };

it.each([
  ['nobody said', {}, {}, 0],
  ['nobody said, on Railway', {}, railway, 1],
  ['auto', { VIGIL_TRUSTED_PROXIES: 'auto' }, railway, 1],
  ['a number', { VIGIL_TRUSTED_PROXIES: '2' }, {}, 2],
  ['none, on Railway', { VIGIL_TRUSTED_PROXIES: '0' }, railway, 0],
])('%s', (_, settings, env, expected) => {
  expect(trustedProxies(loadSettings({ env: settings, cwd: '/' }).settings, env)).toBe(expected);
});

it.each(['-1', '1.5', '17', 'yes', ''])('%j proxies are none', (text) => {
  expect(() => loadSettings({ env: { VIGIL_TRUSTED_PROXIES: text }, cwd: '/' })).toThrow(
    'VIGIL_TRUSTED_PROXIES',
  );
});
