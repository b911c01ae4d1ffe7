import { get } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { EngineFailure } from '../../src/engine/engine.ts';
import type { WhatsAppWebEngine } from '../../src/engine/whatsapp-web/whatsapp-web-engine.ts';
import { browsersOn, never, pause, until } from '../contracts/engine-session.ts';
import { whatsAppWorlds } from '../contracts/whatsapp-worlds.ts';

const world = whatsAppWorlds();

// What goes wrong with a start, each with the real library and browser: all of them end, and none leaks.

function fetchPage(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = get({
      port,
      host: '127.0.0.1',
      headers: { host: 'web.whatsapp.com' },
      rejectUnauthorized: false,
    });
    asked.once('error', reject);
    asked.once('response', (response) => text(response).then(resolve, reject));
  });
}

async function failure(start: Promise<void>): Promise<EngineFailure> {
  const error = await start.then(
    () => new Error('it started'),
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(EngineFailure);
  return error as EngineFailure;
}

test('a name that does not resolve is unreachable', async () => {
  const { rig, session } = await world();
  const args = [
    ...rig.spec.args.filter((arg) => !arg.startsWith('--host-resolver')),
    '--host-resolver-rules=MAP * ~NOTFOUND',
  ];
  const one = session({ ...rig.spec, args });
  expect(await failure(one.start())).toMatchObject({
    why: 'unreachable',
    message: /net::ERR_NAME_NOT_RESOLVED/,
  });
  expect(await browsersOn(rig.profile)).toEqual([]);
});

test('a server that refuses connections is unreachable', async () => {
  const { rig, session } = await world();
  await rig.simulator.control.serve({ mode: 'refuse' });
  expect((await failure(session().start())).why).toBe('unreachable');
});

test('a server that never answers is unreachable, at the deadline', async () => {
  const { rig, session } = await world({ deadlines: { navigation: 2_000 } });
  await rig.simulator.control.serve({ mode: 'hang' });
  expect(await failure(session().start())).toMatchObject({
    why: 'unreachable',
    message: /took longer than 2000 ms/,
  });
  expect(await browsersOn(rig.profile)).toEqual([]);
});

test('a page that never comes up is boot_failed, at the deadline', async () => {
  const { rig, session } = await world({ deadlines: { boot: 2_000 } });
  await rig.simulator.control.serve({ mode: 'no-boot' });
  expect((await failure(session().start())).why).toBe('boot_failed');
  expect(await browsersOn(rig.profile)).toEqual([]);
});

test('a socket that stays in OPENING is boot_failed, at the deadline', async () => {
  const { rig, session } = await world({ deadlines: { boot: 3_000 } });
  const first = session({ ...rig.spec, deadlines: { ...rig.spec.deadlines, boot: 20_000 } });
  await first.start();
  await rig.scan((await first.event('qr')).qr);
  await first.event('ready');
  await first.close();
  await rig.simulator.control.onConnect({ target: 'all', outcome: 'stuck' });
  const one = session();
  expect((await failure(one.start())).why).toBe('boot_failed');
  expect(await browsersOn(rig.profile)).toEqual([]);
});

test('a socket that leaves OPENING late is waited for, past the protocol deadline', async () => {
  const { rig, again } = await world({ deadlines: { protocol: 2_000, boot: 20_000 } });
  const one = await again();
  await rig.simulator.control.onConnect({ target: 'all', outcome: 'stuck' });
  const started = one.start();
  await one.event('socket');
  await pause(4_000);
  await rig.simulator.control.onConnect({ target: 'all', outcome: 'connected' });
  await started;
  await one.event('ready');
  expect(one.count('authenticated')).toBe(1);
});

test('a pinned version that lies on the volume is what the page is made of', async () => {
  const { rig, session } = await world();
  const { mkdir, writeFile } = await import('node:fs/promises');
  const page = await fetchPage(rig.simulator.port);
  await mkdir(rig.spec.webVersionsRoot, { recursive: true });
  await writeFile(
    join(rig.spec.webVersionsRoot, '9.9.9.html'),
    page.replace('<head>', '<head><meta name="pinned">'),
  );
  const one = session({ ...rig.spec, webVersion: '9.9.9' });
  await one.start();
  await one.event('qr');
  const pinned = 'document.querySelector("meta[name=pinned]") !== null';
  expect(await (one.engine as WhatsAppWebEngine).client?.pupPage?.evaluate(pinned)).toBe(true);
});

test('a pinned version that nobody has is unreachable', async () => {
  const { rig, session } = await world({ deadlines: { navigation: 10_000 } });
  const args = rig.spec.args;
  const one = session({ ...rig.spec, args, webVersion: '2.0.0-none' });
  expect((await failure(one.start())).why).toBe('unreachable');
});

test('an executable that is not there is launch_failed', async () => {
  const { rig, session } = await world();
  const one = session({ ...rig.spec, executable: '/nonexistent/chromium' });
  expect(await failure(one.start())).toMatchObject({
    why: 'launch_failed',
    message: /\/nonexistent\/chromium/,
  });
});

test('a browser that refuses to start is launch_failed, with its last words', async () => {
  const { rig, session } = await world();
  const one = session({ ...rig.spec, executable: '/bin/ls' });
  expect(await failure(one.start())).toMatchObject({ why: 'launch_failed', message: /unrecognized option/ });
});

test('a browser without a sandbox says so', async () => {
  if (process.getuid?.() !== 0) return;
  const { rig, session } = await world();
  const one = session({ ...rig.spec, args: rig.spec.args.filter((arg) => arg !== '--no-sandbox') });
  expect(await failure(one.start())).toMatchObject({ why: 'launch_failed', message: /no-sandbox/ });
});

test('a profile that another browser runs on is in use, and the other is not harmed', async () => {
  const { session } = await world();
  const first = session();
  await first.start();
  expect((await failure(session().start())).why).toBe('profile_in_use');
  await first.event('qr');
  expect((await first.probe()).page).toBe('answers');
  await first.close();
});

test('a profile that is locked by another machine is in use', async () => {
  const { rig, session } = await world();
  const { mkdir, symlink } = await import('node:fs/promises');
  await mkdir(rig.profile, { recursive: true });
  await symlink('otherhost-4242', `${rig.profile}/SingletonLock`);
  expect(await failure(session().start())).toMatchObject({ why: 'profile_in_use', message: /otherhost/ });
});

test('ended during the launch five times, nothing is left', async () => {
  const { rig, session } = await world();
  for (const ms of [0, 20, 60, 120, 250]) {
    const one = session();
    const started = failure(one.start());
    await pause(ms);
    await one.engine.kill();
    await started;
    expect(await browsersOn(rig.profile)).toEqual([]);
  }
  // A browser that was launched late would be there by the time that another one has come up.
  const next = session();
  await next.start();
  await next.close();
  expect(await browsersOn(rig.profile)).toEqual([]);
});

test('a device unlinked while it was away ends the start or shows a QR, and never hangs', async () => {
  for (const refusedLogin of ['qr', 'navigate'] as const) {
    const { rig, session } = await world({ simulator: { refusedLogin } });
    const first = session();
    await first.start();
    await rig.scan((await first.event('qr')).qr);
    await first.event('ready');
    await first.close();
    await rig.unlink();
    const one = session();
    const started = one.start().catch((error: unknown) => error);
    await until('it is seen', () => one.count('qr') > 0 || one.count('logged_out') > 0, 20_000);
    if (refusedLogin === 'navigate') expect(await started).toBeInstanceOf(EngineFailure);
    expect(one.count('ready')).toBe(0);
    await one.close();
    expect(await browsersOn(rig.profile)).toEqual([]);
  }
});

test.for(['DEPRECATED_VERSION', 'PROXYBLOCK', 'TOS_BLOCK', 'CONFLICT'] as const)(
  'a restore that ends in %s is found by level',
  async (state) => {
    const { rig, session } = await world({ simulator: { syncDelayMs: 100 } });
    const first = session();
    await first.start();
    await rig.scan((await first.event('qr')).qr);
    await first.event('ready');
    await first.close();
    await rig.simulator.control.onConnect({ target: 'all', outcome: state });
    const one = session();
    const causes: Record<string, string> = {
      DEPRECATED_VERSION: 'version_too_old',
      PROXYBLOCK: 'proxy_blocked',
      TOS_BLOCK: 'banned',
      CONFLICT: 'conflict',
    };
    const early = await one.start().then(
      () => null,
      (error: EngineFailure) => error.why,
    );
    expect(early ?? (await one.event('gone')).cause).toBe(causes[state]);
    expect(one.count('ready')).toBe(0);
    await one.engine.close(never());
    expect(await browsersOn(rig.profile)).toEqual([]);
  },
);
