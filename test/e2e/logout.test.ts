/** The end of a login, by whoever ended it: the profile is kept aside, and nothing starts on it again. */
import { access, rm } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { until } from '../support/until.ts';
import type { Daemon } from './daemon.ts';
import { pairedCopy, pairedOnline } from './paired-volume.ts';

interface Offers {
  /** Whatever anybody who watched the session could have scanned. */
  seen(): Promise<readonly string[]>;
}

/** Watches the surfaces that show QRs, as a page left open does. */
async function watchOffers(daemon: Daemon): Promise<Offers> {
  const seen: string[] = [];
  const following = new AbortController();
  const stream = await fetch(await daemon.url('/api/sessions/main/follow'), { signal: following.signal });
  const reading = (async () => {
    const text = stream.body?.pipeThrough(new TextDecoderStream()) ?? [];
    for await (const lines of text)
      if (/"event":"(qr|code)"|"qr_ready"/.test(lines)) seen.push(`followed: ${lines}`);
  })().catch(() => {});
  const timer = setInterval(async () => {
    const [qr, panel] = await Promise.all([
      daemon.request('/api/sessions/main/qr').catch(() => null),
      daemon.request('/sessions/main/panel').catch(() => null),
    ]);
    if (qr?.status === 200) seen.push(`GET qr: ${qr.text}`);
    if (panel?.text.includes('class="qr')) seen.push('the page shows a QR');
  }, 100);
  return {
    async seen() {
      clearInterval(timer);
      following.abort();
      await reading;
      return seen;
    },
  };
}

const linkedAgain = /vigil pair main/;

it('unlinks the device and keeps its profile in quarantine', async () => {
  const { daemon, device, rig, volume } = await pairedOnline();
  const { code, json, stderr } = await rig.cli(volume, ['logout', 'main', '--json']);
  expect(code, stderr).toBe(0);
  expect(json).toMatchObject({ id: 'main', status: 'stopped', wanted: 'stopped' });
  expect(await rig.listed(volume)).toMatchObject({ status: 'stopped', phone: null });
  expect((await rig.whatsapp.control.state()).devices).toMatchObject([{ id: device, linked: false }]);
  await until(async () => (await volume.quarantined()).length === 1, 'the profile in quarantine');
  await expect(access(volume.profile())).rejects.toThrow('ENOENT');
  expect(volume.browsers()).toEqual([]);
  expect(volume.hosts()).toEqual([]);
  expect(await daemon.stop()).toMatchObject({ code: 0 });

  const next = await rig.serve(volume);
  await until(async () => (await next.request('/ready')).status === 200, '/ready');
  expect(await rig.listed(volume)).toMatchObject({ status: 'stopped', wanted: 'stopped' });
  expect(volume.browsers()).toEqual([]);
  expect(rig.whatsapp.count('connects')).toBe(1);
  expect(rig.whatsapp.count('logouts')).toBe(1);
  expect(rig.whatsapp.count('qrPages')).toBe(0);
});

it('fails for good when the phone unlinks it, and pairs anew only when it is asked to', async () => {
  const { daemon, device, rig, volume } = await pairedOnline();
  const { whatsapp } = rig;
  const offers = await watchOffers(daemon);
  await whatsapp.control.unlink({ device });
  await daemon.until(({ state }) => state === 'failed', { what: 'the logout noticed' });
  await until(async () => (await volume.quarantined()).length === 1, 'the profile in quarantine');
  expect(await offers.seen()).toEqual([]);
  expect(await rig.listed(volume)).toMatchObject({
    status: 'failed',
    reason: 'logged_out',
    wanted: 'online',
    remedy: expect.stringMatching(linkedAgain),
  });
  expect(volume.browsers()).toEqual([]);
  await expect(access(volume.profile())).rejects.toThrow('ENOENT');
  expect(await daemon.stop()).toMatchObject({ code: 0 });

  // The record on the volume alone has to remember it.
  for (const path of await volume.registryPaths()) await rm(path);
  const loads = whatsapp.count('pageLoads');
  const next = await rig.serve(volume);
  await until(async () => (await next.request('/ready')).status === 200, '/ready');
  expect(await rig.listed(volume)).toMatchObject({ status: 'failed', reason: 'logged_out' });
  expect(volume.browsers()).toEqual([]);
  expect(whatsapp.count('pageLoads')).toBe(loads);

  const pairing = await rig.run(volume, ['pair', 'main', '--json']);
  const { qr } = await pairing.line(({ event }) => event === 'qr', 'a QR');
  await whatsapp.control.scan({ qr: String(qr), phone: '15550000002' });
  expect(await pairing.exit(60_000)).toMatchObject({ code: 0 });
  expect(await rig.listed(volume)).toMatchObject({ status: 'ready', phone: '15550000002', reason: null });
  expect(await volume.quarantined()).toHaveLength(1);
  expect(whatsapp.count('qrPages') - (await pagesOfOldDevice(whatsapp.control, device))).toBe(1);
  expect(whatsapp.count('pairings')).toBe(1);
  expect(whatsapp.count('conflicts')).toBe(0);
});

/** QRs that the browser of the unlinked device showed before it was closed: nobody saw them. */
async function pagesOfOldDevice(
  control: { state(): Promise<{ pages: { device: string | null; counters: { qrPages: number } }[] }> },
  device: string,
): Promise<number> {
  const { pages } = await control.state();
  const before = pages.findLastIndex((page) => page.device === device);
  return pages.slice(0, before + 2).reduce((sum, page) => sum + page.counters.qrPages, 0);
}

// Where WhatsApp only shows a QR, one backup is tried before that counts as a logout.
it.each([
  ['qr', 2],
  ['navigate', 1],
] as const)(
  'finds out at the start that it was unlinked meanwhile, and shows no QR (%s)',
  async (refusedLogin, tries) => {
    const { device, rig, volume } = await pairedCopy({ refusedLogin });
    await rig.whatsapp.control.unlink({ device });
    const daemon = await rig.serve(volume);
    await daemon.url();
    await until(async () => (await daemon.sessions()).length === 1, 'the session');
    const offers = await watchOffers(daemon);
    await daemon.until(({ state }) => state === 'failed', { what: 'the logout noticed' });
    await until(() => volume.browsers().length === 0, 'no browser');
    expect(await offers.seen()).toEqual([]);
    expect(await rig.listed(volume)).toMatchObject({
      status: 'failed',
      reason: 'logged_out',
      remedy: expect.stringMatching(linkedAgain),
    });
    expect(rig.whatsapp.count('refusedLogins')).toBe(tries);
    expect(rig.whatsapp.count('pairings')).toBe(0);
    expect(volume.hosts()).toEqual([]);

    // Whatever became of the profile, it was not deleted, and the next pairing does not begin on it.
    const pairing = await rig.run(volume, ['pair', 'main', '--json']);
    const { qr } = await pairing.line(({ event }) => event === 'qr', 'a QR');
    expect(await volume.quarantined()).toHaveLength(tries);
    expect(qr).toEqual(expect.stringContaining(','));
    expect(await rig.listed(volume)).toMatchObject({ status: 'qr_ready', reason: null });
    pairing.kill('SIGINT');
    expect(await pairing.exit()).toMatchObject({ code: 130 });
  },
);

it('does not log out a session that is not online', async () => {
  const { daemon, device, rig, volume } = await pairedOnline();
  await rig.cli(volume, ['stop', 'main']);
  const { code, json } = await rig.cli(volume, ['logout', 'main', '--json']);
  expect(code).toBe(4);
  expect(json).toMatchObject({ error: { code: 'session_refused' } });
  expect((await rig.whatsapp.control.state()).devices).toMatchObject([{ id: device, linked: true }]);
  await daemon.post('/api/sessions/main/start');
  await daemon.ready();
  expect(rig.whatsapp.count('qrPages')).toBe(0);
});
