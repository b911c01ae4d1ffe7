/** What cannot be done is refused with the exit code of docs/errors.md, and nothing is touched or left running. */
import { once } from 'node:events';
import { chmod, chown, readdir } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { until } from '../support/until.ts';
import type { Daemon } from './daemon.ts';
import { pairedCopy } from './paired-volume.ts';
import type { Rig } from './rig.ts';
import { rig } from './test-rig.ts';
import type { Volume } from './volume.ts';

const nobody = 65_534;
const isRoot = process.getuid?.() === 0;

/** Refused at once, by the daemon and by a command alike, and all that it had begun is undone. */
async function expectRefused(
  world: Rig,
  volume: Volume,
  { exit, says, settings = {} }: { exit: number; says: RegExp; settings?: Record<string, string> },
): Promise<void> {
  const [serve, verb] = await Promise.all([
    world.cli(volume, ['serve'], { VIGIL_LOCK_WAIT: '20s', ...settings }),
    world.cli(volume, ['sessions', '--json'], settings),
  ]);
  expect(serve, serve.stderr).toMatchObject({ code: exit, stderr: expect.stringMatching(says) });
  expect(serve.stderr).toContain('What to do: ');
  expect(verb, verb.stderr).toMatchObject({ code: exit });
  expect((verb.json as { error: { message: string; remedy: string } }).error).toMatchObject({
    message: expect.stringMatching(says),
    remedy: expect.stringMatching(/./),
  });
  expect(volume.processes()).toEqual([]);
}

it('reports every fault of the settings together, and touches nothing', async () => {
  const world = await rig();
  const volume = await world.volume();
  const key = 'too short';
  const settings = {
    VIGIL_SESIONS: 'main',
    VIGIL_HEARTBEAT: 'soon',
    VIGIL_SESSIONS: 'main,../../etc',
    PORT: '70000',
    VIGIL_API_KEY: key,
    VIGIL_HOST: '0.0.0.0',
    LOG_LEVEL: 'loud',
  };
  await expectRefused(world, volume, { exit: 78, says: /VIGIL_SESIONS.*VIGIL_SESSIONS/, settings });
  const { json, stderr } = await world.cli(volume, ['sessions', '--json'], settings);
  const { error } = json as { error: { code: string; details: { faults: { name: string }[] } } };
  expect(error.code).toBe('invalid_config');
  expect(error.details.faults.map(({ name }) => name).sort()).toEqual([
    'LOG_LEVEL',
    'PORT',
    'VIGIL_API_KEY',
    'VIGIL_HEARTBEAT',
    'VIGIL_SESIONS',
    'VIGIL_SESSIONS',
  ]);
  expect(JSON.stringify(json) + stderr).not.toContain(key);
  expect(await readdir(volume.root)).toEqual([]);
});

it('refuses to listen for everybody without a key', async () => {
  const world = await rig();
  const volume = await world.volume();
  const settings = { VIGIL_HOST: '0.0.0.0' };
  await expectRefused(world, volume, { exit: 78, says: /VIGIL_API_KEY/, settings });
  expect(await readdir(volume.root)).toEqual([]);
});

const hostile = ['../main', '..', '.', 'a/b', 'a%2fb', 'a\\b', '', ' main', 'main\n', 'mäin', 'stats'];

it('refuses hostile ids of sessions on the command line', async () => {
  const world = await rig();
  const volume = await world.volume();
  const verbs = ['pair', 'start', 'logs', 'config'];
  const ids = [...hostile, 'a'.repeat(65), 'a'.repeat(100_000)];
  const calls = ids.map((id, index) => [verbs[index % verbs.length] ?? 'pair', '--json', '--', id]);
  for (let at = 0; at < calls.length; at += 4) {
    const some = calls.slice(at, at + 4);
    const results = await Promise.all(some.map((args) => world.cli(volume, args)));
    for (const [index, { code, stdout }] of results.entries()) {
      expect([some[index]?.[3]?.slice(0, 70), code]).toEqual([some[index]?.[3]?.slice(0, 70), 2]);
      expect(stdout).toContain('"invalid_session_id"');
      expect(stdout.length).toBeLessThan(1_000);
    }
  }
  const found = await readdir(volume.root, { recursive: true });
  expect(found.filter((path) => !path.startsWith('vigil'))).toEqual([]);
  expect(found.filter((path) => path.startsWith('vigil/sessions/'))).toEqual([]);
  expect(await readdir(volume.scratch)).toEqual(expect.arrayContaining(['tmp', 'volume']));
  expect(await readdir(volume.scratch)).toHaveLength(2);
  expect(volume.processes()).toEqual([]);
});

/** As no library would send it: the target is not normalised. */
async function raw(daemon: Daemon, method: string, target: string): Promise<number> {
  const socket = connect(Number(new URL(await daemon.url()).port), '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  let answer = '';
  socket.setEncoding('latin1').on('data', (text: string) => (answer += text));
  socket.on('error', () => {});
  socket.write(
    `${method} ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    'latin1',
  );
  await until(() => socket.closed, `an answer to ${method} ${target.slice(0, 80)}`);
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? Number.NaN);
}

it('refuses hostile ids of sessions over HTTP', async () => {
  const world = await rig();
  const volume = await world.volume();
  const daemon = await world.serve(volume, { VIGIL_SESSIONS: undefined });
  await daemon.url();
  const before = (await readdir(volume.root, { recursive: true })).sort();
  const ids = [
    ...hostile.map((id) => encodeURIComponent(id).replaceAll('.', '%2e')),
    ...['..', '.', '../..', '..%2f..%2fetc%2fpasswd', '..%5c..', '%2e%2e%2f%2e%2e', '%252e%252e', '%00'],
    ...['main%00', '%', '%zz', '%c0%ae', '%ff', ';', 'main;x', '\x80', 'a'.repeat(65), 'a'.repeat(10_000)],
  ];
  const answers = await Promise.all(
    ids.flatMap((id) => [
      raw(daemon, 'POST', `/api/sessions/${id}/pair`).then((status) => [id, 'pair', status] as const),
      raw(daemon, 'POST', `/api/sessions/${id}/start`).then((status) => [id, 'start', status] as const),
      raw(daemon, 'GET', `/api/sessions/${id}/qr`).then((status) => [id, 'qr', status] as const),
    ]),
  );
  expect(answers.filter(([, , status]) => !(status >= 400 && status < 500))).toEqual([]);
  expect((await readdir(volume.root, { recursive: true })).sort()).toEqual(before);
  expect(await daemon.sessions()).toEqual([]);
  expect((await daemon.request('/health')).status).toBe(200);
  expect(daemon.lines.filter(({ level }) => level === 'error')).toEqual([]);
});

it('refuses a volume whose parent is not there', async () => {
  const world = await rig();
  const volume = await world.volume();
  const missing = join(volume.root, 'not mounted', 'volume');
  const settings = { VIGIL_VOLUME: missing };
  await expectRefused(world, volume, { exit: 74, says: /not mounted/, settings });
  expect(await readdir(volume.root)).toEqual([]);
});

it('refuses a volume that it may not write', async () => {
  const world = await rig();
  const volume = await world.volume();
  // Root may write everything, and becomes the owner.
  if (isRoot) {
    await chmod(volume.scratch, 0o755);
    await chown(volume.root, nobody, nobody);
  }
  await chmod(volume.root, 0o555);
  onTestFinished(() => chmod(volume.root, 0o755).catch(() => {}));
  await expectRefused(world, volume, { exit: 77, says: /volume|VIGIL_VOLUME/ });
  expect(await readdir(volume.root)).toEqual([]);
});

it('refuses a volume of another user, whose files stay as they are', async () => {
  const { rig, volume } = await pairedCopy();
  const record = await volume.record();
  if (isRoot) {
    // The owner of the root may not enter what is below it: as when root has worked there before.
    await chmod(volume.scratch, 0o755);
    await chown(volume.root, nobody, nobody);
  } else await chmod(volume.ours(), 0o500);
  onTestFinished(() => chmod(volume.ours(), 0o700).catch(() => {}));
  await expectRefused(rig, volume, { exit: 77, says: /volume/ });
  expect(await volume.record()).toEqual(record);
});

it('refuses a port that is taken, and lets go of the volume', async () => {
  const { rig, volume } = await pairedCopy();
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  onTestFinished(() => void taken.close());
  const { port } = taken.address() as AddressInfo;
  const serve = await rig.cli(volume, ['serve'], { PORT: String(port) });
  expect(serve).toMatchObject({ code: 78, stderr: expect.stringContaining(`port ${port}`) });
  expect(serve.stderr).toContain('PORT=0');
  expect(volume.processes()).toEqual([]);
  expect(rig.whatsapp.count('pageLoads')).toBe(0);
  expect(await rig.listed(volume)).toMatchObject({ status: 'stopped', wanted: 'online' });
});

it('refuses a browser that is not there, and keeps the session wanted', async () => {
  const { rig, volume } = await pairedCopy();
  const settings = { PUPPETEER_EXECUTABLE_PATH: join(volume.scratch, 'no', 'chromium') };
  const serve = await rig.cli(volume, ['serve'], settings);
  expect(serve).toMatchObject({ code: 69, stderr: expect.stringContaining('PUPPETEER_EXECUTABLE_PATH') });
  expect(serve.stderr).toContain(settings.PUPPETEER_EXECUTABLE_PATH);
  const pairing = await rig.cli(volume, ['pair', 'other', '--json', '--timeout', '2s'], settings);
  // At once, or because it may be installed meanwhile.
  expect([5, 69], pairing.stdout).toContain(pairing.code);
  expect(volume.processes()).toEqual([]);
  expect(await volume.record()).toMatchObject({ wanted: 'online', login: 'settled' });
  expect((await rig.cli(volume, ['sessions'])).code).toBe(0);
});
