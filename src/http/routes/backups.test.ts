import { expect, it } from 'vitest';
import { testKey, testServer } from '../../../test/doubles/test-server.ts';

const addresses = [
  ['GET', '/api/backups'],
  ['GET', '/api/sessions/sales/backups'],
  ['POST', '/api/sessions/sales/backup'],
  ['POST', '/api/sessions/sales/restore'],
  ['POST', '/api/sessions/sales/verify'],
  ['POST', '/api/sessions/sales/purge'],
  ['POST', '/api/imports'],
  ['POST', '/api/sessions/sales/import'],
] as const;

it.each(addresses)('%s %s is no address on the network, whoever asks', async (method, url) => {
  for (const access of [{ kind: 'open-loopback' }, { kind: 'key', key: testKey }] as const) {
    const { app } = await testServer(access);
    const headers = { host: 'localhost', 'x-api-key': testKey };
    const nowhere = await app.inject({ method, url: '/api/nowhere', headers });
    const hidden = await app.inject({ method, url, headers, payload: {} });
    expect(hidden.statusCode).toBe(404);
    expect(hidden.json().error).toEqual(nowhere.json().error);
    await app.close();
  }
});

it.each([
  {},
  { which: 'latest' },
  { which: 'newest', dryRun: false },
  { which: { id: 'b-1', at: '2026-01-01T00:00:00Z' }, dryRun: false },
  { which: 'latest', dryRun: 'no' },
  { which: 'latest', dryRun: false, force: true },
])('a restore must be asked for exactly: %j', async (payload) => {
  const { app } = await testServer({ kind: 'control' });
  const answer = await app.inject({ method: 'POST', url: '/api/sessions/sales/restore', payload });
  expect(answer.statusCode).toBe(400);
  expect(answer.json().error.code).toBe('usage');
  await app.close();
});

it.each([
  ['/api/imports', { path: 'relative', session: null }],
  ['/api/imports', { path: '/old' }],
  ['/api/sessions/sales/import', { source: '/old/session-sales', replace: true, dryRun: false }],
  ['/api/sessions/sales/import', { source: 'old', replace: true, stopped: true, dryRun: false }],
])('an import must be asked for exactly: %s %j', async (url, payload) => {
  const { app } = await testServer({ kind: 'control' });
  const answer = await app.inject({ method: 'POST', url, payload });
  expect(answer.statusCode).toBe(400);
  expect(answer.json().error.code).toBe('usage');
  await app.close();
});
