/** The login of the pages, as a browser goes through it, over restarts of the daemon and through a proxy. */
import { expect, it } from 'vitest';
import type { Daemon } from './daemon.ts';
import { rig } from './test-rig.ts';

const key = 'correct-horse-battery-staple';
const settings = { VIGIL_API_KEY: key, VIGIL_SESSIONS: undefined };

async function logIn(daemon: Daemon): Promise<string> {
  const answer = await fetch(await daemon.url('/login'), {
    method: 'POST',
    body: new URLSearchParams({ key, next: '/' }),
    redirect: 'manual',
  });
  expect(answer.status).toBe(303);
  return answer.headers.get('set-cookie')?.split(';')[0] ?? '';
}

const leave = async (daemon: Daemon, cookie: string) =>
  fetch(await daemon.url('/leave'), {
    method: 'POST',
    headers: { cookie, 'sec-fetch-site': 'same-origin' },
    redirect: 'manual',
  });

async function opened(daemon: Daemon, headers: Record<string, string>): Promise<number> {
  return (await fetch(await daemon.url('/api/sessions'), { headers })).status;
}

it('outlives the daemon, and does not come back once it was given back', async () => {
  const world = await rig();
  const volume = await world.volume();
  world.keepSecret({ what: 'the API key', text: key });
  const daemon = await world.serve(volume, settings);
  const [mine, others] = [await logIn(daemon), await logIn(daemon)];
  expect((await leave(daemon, mine)).headers.get('location')).toBe('/login');
  expect(await opened(daemon, { cookie: mine })).toBe(401);
  expect(await daemon.stop()).toMatchObject({ code: 0 });

  const next = await world.serve(volume, settings);
  expect(await opened(next, { cookie: mine })).toBe(401);
  expect(await opened(next, { cookie: others })).toBe(200);
});

it('is refused to whoever guesses, as the proxy in front names them', async () => {
  const world = await rig();
  const daemon = await world.serve(await world.volume(), { ...settings, VIGIL_TRUSTED_PROXIES: '1' });
  const ask = (from: string, guess: string) =>
    opened(daemon, { 'x-forwarded-for': from, 'x-api-key': guess });
  for (let guess = 0; guess < 10; guess++) expect(await ask('192.0.2.1', `guess ${guess}`)).toBe(401);
  expect(await ask('192.0.2.1', key)).toBe(429);
  expect(await ask('192.0.2.2', key)).toBe(200);
});
