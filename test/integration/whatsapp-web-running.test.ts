import { readdir } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { WhatsAppWebEngine } from '../../src/engine/whatsapp-web/whatsapp-web-engine.ts';
import { browsersOn, type EngineSession, never, pause, until } from '../contracts/engine-session.ts';
import type { WhatsAppRig } from '../contracts/whatsapp-rig.ts';
import { whatsAppWorlds } from '../contracts/whatsapp-worlds.ts';

const world = whatsAppWorlds();

function clientOf(session: EngineSession) {
  const { client } = session.engine as WhatsAppWebEngine;
  if (client === null) throw new Error('not started');
  return client;
}

/** What the library tells a person's bot: the texts of the messages. */
function messagesOf(session: EngineSession): unknown[] {
  const told: unknown[] = [];
  clientOf(session).on('message', (message: unknown) => told.push((message as { body: unknown }).body));
  return told;
}

/** Everything that was told by the time that a message is told which was sent after all others. */
async function untilTheLast(told: unknown[], rig: WhatsAppRig): Promise<unknown[]> {
  await rig.simulator.control.deliver({ to: 'all', body: 'the last', count: 1 });
  await until('the last message', () => told.includes('the last'), 20_000);
  return told.slice(0, told.indexOf('the last'));
}

// What happens to a session that runs, each with the real library and browser.

test.for([0, 20, 80])(
  'a sync that ends %d ms after the socket connects still leads to ready',
  async (syncDelayMs) => {
    const { again } = await world({ simulator: { syncDelayMs } });
    const one = await again();
    await one.start();
    await one.event('ready');
    expect(one.count('qr')).toBe(0);
    expect(one.count('authenticated')).toBe(1);
  },
);

test.for([0, 100])(
  'messages are told once after a restore that syncs in %d ms, and count as traffic',
  async (ms) => {
    const { rig, again } = await world({ simulator: { syncDelayMs: ms } });
    const one = await again();
    await one.start();
    await one.event('ready');
    const told = messagesOf(one);
    const begun = performance.now();
    await rig.simulator.control.deliver({ to: 'all', body: 'good morning', count: 3 });
    await until('traffic', async () => {
      const { trafficAge } = await one.probe();
      return trafficAge !== null && trafficAge <= performance.now() - begun;
    });
    expect(await untilTheLast(told, rig)).toEqual(['good morning', 'good morning', 'good morning']);
  },
);

test('a renderer that crashes is gone, without having been asked', async () => {
  const { rig, paired } = await world();
  const one = await paired();
  await rig.simulator.control.crash({ target: 'all' });
  // By itself: nobody has asked.
  expect(await one.event('gone')).toMatchObject({ cause: 'renderer_crash' });
  await until('no browser', async () => (await browsersOn(rig.profile)).length === 0);
});

test('a page whose renderer is killed is gone, and the login survives', async () => {
  const { rig, session, paired } = await world();
  const one = await paired();
  const renderers = (await browsersOn(rig.profile)).filter(({ argv }) =>
    argv.join(' ').includes('--type=renderer'),
  );
  for (const { pid } of renderers) process.kill(pid, 'SIGKILL');
  await one.event('gone');
  await one.close();
  const next = session();
  await next.start();
  await next.event('ready');
  expect(next.count('qr')).toBe(0);
});

test('a conflict is gone with that cause', async () => {
  const { rig, paired } = await world();
  const one = await paired();
  await rig.simulator.control.conflict({ target: 'all' });
  expect(await one.event('gone')).toMatchObject({ cause: 'conflict' });
  expect(one.events).toContainEqual({ type: 'socket', state: 'conflict' });
  await until('no browser', async () => (await browsersOn(rig.profile)).length === 0);
});

test.for([
  ['DEPRECATED_VERSION', 'version_too_old'],
  ['PROXYBLOCK', 'proxy_blocked'],
  ['TOS_BLOCK', 'banned'],
  ['SMB_TOS_BLOCK', 'banned'],
] as const)('%s after ready is gone: %s', async ([state, cause]) => {
  const { rig, paired } = await world();
  const one = await paired();
  await rig.simulator.control.setState({ target: 'all', state });
  expect(await one.event('gone')).toMatchObject({ cause });
});

test.for(['UNPAIRED', 'UNPAIRED_IDLE'] as const)(
  '%s after ready, without a farewell, is gone: another start shows whether the login still works',
  async (state) => {
    const { rig, paired } = await world();
    const one = await paired();
    await rig.simulator.control.setState({ target: 'all', state });
    await one.event('gone');
    expect(one.count('logged_out')).toBe(0);
  },
);

test('a live logout shows no QR in that browser and leaves the profile where it is', async () => {
  const { rig, paired, session } = await world();
  const one = await paired();
  const qrs = one.count('qr');
  await rig.unlink();
  await one.event('logged_out');
  await until('no browser', async () => (await browsersOn(rig.profile)).length === 0);
  expect(await readdir(rig.profile)).toContain('Default');
  // By the time that another browser shows one, this one would have.
  const next = session();
  await next.start();
  await next.event('qr');
  expect(one.count('qr')).toBe(qrs);
  expect(one.events.at(-1)?.type).toBe('logged_out');
});

test('a network that is lost and comes back changes the socket and ends nothing', async () => {
  const { rig, paired } = await world({ simulator: { pingMs: 300, pingTimeoutMs: 300, reconnectMs: 200 } });
  const one = await paired();
  await rig.simulator.control.drop({ target: 'all', how: 'loud' });
  await until('down', () => one.events.some((event) => event.type === 'socket' && event.state === 'down'));
  await rig.simulator.control.heal({ target: 'all' });
  await until('up', async () => (await one.probe()).socket === 'up');
  expect(one.types()).not.toContain('gone');
});

test('a page that reloads is navigating, then ready again; messages still come once', async () => {
  const { rig, paired } = await world();
  const one = await paired();
  await rig.simulator.control.reload({ target: 'all' });
  await one.event('navigating');
  await one.event('ready', { nth: 2 });
  expect(await one.probe()).toMatchObject({ page: 'answers', bridge: true });
  const told = messagesOf(one);
  await rig.simulator.control.deliver({ to: 'all', body: 'good morning', count: 2 });
  expect(await untilTheLast(told, rig)).toEqual(['good morning', 'good morning']);
  expect(one.types()).not.toContain('gone');
});

test('a page that reloads again while it is being wired is ready all the same', async () => {
  const { paired } = await world({ simulator: { bootDelayMs: 400 } });
  const one = await paired();
  for (let round = 0; round < 3; round++) {
    // From within: while it loads, the simulator has no page to tell.
    await clientOf(one)
      .pupPage?.evaluate('void location.reload()')
      .catch(() => {});
    await pause(300);
  }
  await until('ready again', async () => one.count('ready') >= 2 && (await one.probe()).bridge, 15_000);
  expect(one.types()).not.toContain('gone');
});

test('the reload of a fresh pairing leads to ready again', async () => {
  const { paired } = await world({ simulator: { reloadAfterPairingMs: 1_000, syncDelayMs: 0 } });
  const one = await paired();
  await one.event('ready', { nth: 2 });
});

test('a reload that never comes up is boot_failed, without a rejection that nobody handles', async () => {
  const { rig, paired } = await world({ deadlines: { boot: 6_000 } });
  const one = await paired();
  await rig.simulator.control.serve({ mode: 'no-boot' });
  await rig.simulator.control.reload({ target: 'all' });
  await one.event('navigating');
  expect(await one.probe('watchdog', 500)).toMatchObject({ page: 'navigating' });
  expect(await one.event('gone')).toMatchObject({ cause: 'boot_failed' });
});

test('a reload into an unreachable server is unreachable', async () => {
  const { rig, paired } = await world({ deadlines: { boot: 6_000 } });
  const one = await paired();
  await rig.simulator.control.serve({ mode: 'refuse' });
  await clientOf(one).pupPage?.evaluate('void location.reload()');
  expect(await one.event('gone')).toMatchObject({ cause: 'unreachable' });
});

test('a close during a reload is clean', async () => {
  const { rig, paired } = await world();
  const one = await paired();
  await rig.simulator.control.reload({ target: 'all' });
  await one.event('navigating');
  await one.close();
  expect(one.types()).not.toContain('gone');
});

test('QRs that run out are asked for again', async () => {
  const { session } = await world({ simulator: { firstRefMs: 400, refMs: 300, refCount: 2 } });
  const one = session();
  await one.start();
  await one.event('qr', { nth: 5 });
  expect(one.types()).not.toContain('pairing_idle');
});

test('a QR is never made of the reference that a scan has taken away', async () => {
  const { paired } = await world();
  const one = await paired();
  for (const event of one.events)
    if (event.type === 'qr') expect(event.qr).not.toMatch(/^(undefined|null|),/);
});

test('a pairing code that is typed leads to ready', async () => {
  const { rig, session } = await world();
  const one = session();
  await one.start();
  await one.event('qr');
  await one.engine.requestPairingCode('15551234567', never());
  await rig.simulator.control.enterCode({ code: (await one.event('code')).code });
  expect((await one.event('ready')).account.phone).toBe('15551234567');
});

test('a stopped browser is killed at the close deadline', async () => {
  const { rig, paired } = await world({ deadlines: { close: 1_000 } });
  const one = await paired();
  const { pid } = await one.event('browser');
  process.kill(pid, 'SIGSTOP');
  // It never closes by itself: that the close returns shows that it was ended.
  await one.close();
  expect(await browsersOn(rig.profile)).toEqual([]);
});

test('a page that hangs for ever is closed quickly, and the login survives', async () => {
  const { rig, session, paired } = await world();
  const one = await paired();
  await rig.hang();
  await until('silence', async () => (await one.probe('activity', 300)).page === 'silent');
  await one.close();
  const next = session();
  await next.start();
  await next.event('ready');
  expect(next.count('qr')).toBe(0);
});

test('activity reaches the page as a person would, and keeps the screen on', async () => {
  const { rig, paired } = await world();
  const one = await paired();
  for (let round = 0; round < 3; round++) {
    await one.probe('activity');
    // Announces nothing, and is answered all the same.
    expect((await one.probe('heartbeat', 5_000, false)).page).toBe('answers');
  }
  await one.probe('heartbeat');
  const counters = async () => (await rig.simulator.control.state()).devices[0]?.counters;
  await until('counted', async () =>
    Boolean((await counters())?.mouse && (await counters())?.presenceAvailable),
  );
  expect(await counters()).toMatchObject({ wakeLocks: 1, presenceAvailable: 1 });
  expect((await counters())?.keyboard).toBeGreaterThan(0);
});
