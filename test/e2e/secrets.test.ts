/** What gives an account away reaches no log, no argument and no environment, whatever is logged. */
import { expect, it } from 'vitest';
import { until } from '../support/until.ts';
import type { Program } from './program.ts';
import { leaks, partsOfQr } from './secrets.ts';
import { rig } from './test-rig.ts';

const key = 'e2e-key-Zq8vN3xK7tR2mW5y';
const [first, second] = ['15557770001', '15557770002'];
const canary = 'canary Vp4sLq9w message';

const stringOf = (line: Readonly<Record<string, unknown>>, name: string) => String(line[name]);

it('shows no QR, code, number, text or key but to whom asked for it', async () => {
  const world = await rig();
  const { control } = world.whatsapp;
  const volume = await world.volume();
  const settings = { VIGIL_SESSIONS: undefined, VIGIL_API_KEY: key, VIGIL_HEARTBEAT: '1s' };
  const daemon = await world.serve(volume, settings);
  world.keepSecret(
    { what: 'the API key', text: key },
    ...[first, second].map((text) => ({ what: 'a phone number', text })),
    { what: 'the text of a message', text: canary },
  );
  await daemon.url();

  const byQr = await world.run(volume, ['pair', 'one', '--json'], { VIGIL_API_KEY: key });
  const qr = stringOf(await byQr.line(({ event }) => event === 'qr', 'a QR'), 'qr');
  // Asked for in every way that there is, and by somebody without the key.
  for (const path of ['/api/sessions/one/qr', '/api/sessions/one/qr?format=text', '/sessions/one'])
    expect((await daemon.request(path)).status).toBe(200);
  expect((await daemon.request('/api/sessions', { headers: { 'x-api-key': `${key}x` } })).status).toBe(401);
  const one = await control.scan({ qr, phone: first });
  expect(await byQr.exit(60_000), byQr.stderr).toMatchObject({ code: 0 });

  const byCode = await world.run(volume, ['pair', 'two', '--json', '--phone', `+${second}`]);
  const code = stringOf(await byCode.line(({ event }) => event === 'code', 'a code'), 'code');
  // While it is shown: what hosts and browsers were told is there for everybody to see.
  const early = await world.leaks();
  const two = await control.enterCode({ code });
  expect(await byCode.exit(60_000), byCode.stderr).toMatchObject({ code: 0 });
  expect(await world.listed(volume, 'two')).toMatchObject({ status: 'ready', phone: second });

  for (const { device } of [one, two]) {
    await control.deliver({ to: { device }, from: `${first}@c.us`, body: canary, count: 3 });
    await until(
      async () => (await control.state()).devices.every(({ id, waiting }) => id !== device || waiting === 0),
      'the messages taken in',
    );
  }
  // A browser that ends in the midst of it all leaves the longest lines.
  await control.crash({ target: { device: one.device } });
  const before = await daemon.session('one');
  await until(async () => (await daemon.session('one'))?.since !== before?.since, 'the crash noticed');
  await daemon.ready('one');

  expect(early).toEqual([]);
  expect(await world.leaks()).toEqual([]);
  expect(volume.browsers()).toHaveLength(2);

  // The search finds what is there: in what was asked for.
  const told = (program: Program) => new Map([['output', program.stdout]]);
  const whole = [{ what: 'a QR', text: qr }];
  const codes = [{ what: 'a code', text: code }];
  expect(partsOfQr(qr).length).toBeGreaterThanOrEqual(5);
  expect(leaks(told(byQr), partsOfQr(qr))).toHaveLength(partsOfQr(qr).length);
  expect(leaks(told(byCode), codes)).toHaveLength(1);
  expect(leaks(new Map([['the log', `${daemon.stdout}${JSON.stringify({ qr })}`]]), whole)).toHaveLength(1);
  expect(daemon.lines.filter(({ level }) => level === 'trace' || level === 'debug')).not.toEqual([]);
  expect([...(await volume.sessionLogs()).values()].join('')).toContain('"session":"two"');
});
