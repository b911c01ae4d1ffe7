import { expect, it } from 'vitest';
import { pageAddress } from './page-address.ts';

const listening = 'http://localhost:2790/';

it.each([
  [{}, listening],
  [{ RAILWAY_SERVICE_ID: 'x' }, listening],
  [{ RAILWAY_PUBLIC_DOMAIN: '' }, listening],
  [{ RAILWAY_PUBLIC_DOMAIN: 'a b' }, listening],
  [{ RAILWAY_PUBLIC_DOMAIN: 'vigil-production.up.railway.app' }, 'https://vigil-production.up.railway.app/'],
])('with %j the pages are at %s', (env, address) => {
  expect(pageAddress(listening, env)).toBe(address);
});
