/**
 * The Dockerfile's steps, carried out in a clean folder, and containers of what they make, as people run them. No engine
 * is needed: namespaces and mounts are made as one makes them (test/container).
 */
import { chown, mkdir, readdir, readFile, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { parse } from 'yaml';
import { schema } from '../../src/config/settings.ts';
import { parseDuration } from '../../src/wording/duration.ts';
import type { ContainerOptions } from '../container/container.ts';
import { placeOf } from '../container/image.ts';
import { whyNot } from '../container/namespaces.ts';
import { TestImage } from '../container/test-image.ts';
import { scratchDirectory } from '../doubles/scratch.ts';
import { dockerCommands, dockerRun, environmentOf, mountsOf } from '../support/docker-command.ts';
import { send } from '../support/processes.ts';
import { repository } from '../support/source-tree.ts';
import { until } from '../support/until.ts';
import { expectUndisturbed } from './expectations.ts';
import { expectOwned, foreignTo, paired, vigil } from './image-world.ts';

const drain = parseDuration(schema.drain.default ?? '') ?? 0;
const reason = await whyNot();
let made: TestImage | null = null;

const image = (): TestImage => {
  if (!made) throw new Error('there is no image');
  return made;
};

beforeAll(async () => {
  if (reason === null) made = await TestImage.build();
}, 600_000);
afterAll(() => made?.[Symbol.asyncDispose]());
beforeEach(({ skip }) => {
  if (reason !== null) skip(reason);
});

it('holds the program, its user and the version of its browser, and nothing of the workshop', async () => {
  const { image: root } = image().built;
  const text = (path: string) => readFile(placeOf(root, path), 'utf8');
  expect(await text('/etc/chromium-version')).toMatch(/^Chromium \d+(\.\d+){3} /);
  expect(await text('/etc/passwd')).toMatch(/^vigil:x:10001:10001:.*:\/home\/vigil:\/usr\/sbin\/nologin$/m);
  expect(await stat(placeOf(root, '/data'))).toMatchObject({ uid: vigil, gid: vigil });
  expect((await readdir(placeOf(root, '/app'))).sort()).toEqual(
    ['LICENSE', 'dist', 'health.js', 'node_modules', 'package.json'].sort(),
  );
  const { dependencies, devDependencies } = JSON.parse(await text('/app/package.json'));
  const installed = await readdir(placeOf(root, '/app/node_modules'));
  for (const name of Object.keys(dependencies)) expect(installed).toContain(name.split('/')[0]);
  for (const name of Object.keys(devDependencies).filter((one) => !one.startsWith('@')))
    expect(installed).not.toContain(name);
  const files = await readdir(placeOf(root, '/app/dist'), { recursive: true });
  expect(files.filter((path) => /\.test\.|(^|\/)testing\//.test(path))).toEqual([]);
  for (const name of ['entrypoint.sh', 'vigil'])
    expect((await stat(placeOf(root, `/usr/local/bin/${name}`))).mode & 0o777).toBe(0o755);
});

it('takes a volume of root’s over, runs as its own user without any rights, and ends in order', async () => {
  const { world, env, mounts } = await paired();
  const foreign = join(world.volume.root, 'somebody-else');
  await mkdir(foreign);
  const elsewhere = await scratchDirectory();
  await symlink(elsewhere, join(foreign, 'link'));
  await symlink(elsewhere, world.volume.ours('link'));
  const { container, ready } = await image().run({ env, mounts });
  await ready();
  await expectOwned(world);
  expect(await stat(world.volume.root)).toMatchObject({ uid: vigil, gid: vigil });
  // Whatever else lies beside it stays whose it was, and so does what a link leads to.
  for (const path of [foreign, elsewhere]) expect((await stat(path)).uid).toBe(0);
  expect(await container.health()).toMatchObject({ code: 0, stdout: '/health answered 200\n' });

  // What a browser leaves behind while it is looked at may stand in between.
  const running = container.processes();
  expect(running[0]?.argv[0]).toBe('/usr/bin/tini');
  const daemon = running.find(({ argv }) => argv[0] === 'node');
  expect(daemon?.argv).toEqual(['node', '/app/dist/main.js', 'serve']);
  const status = await readFile(`/proc/${daemon?.pid}/status`, 'utf8');
  expect(status).toMatch(/^Uid:(\t10001){4}$/m);
  expect(status).toMatch(/^Gid:(\t10001){4}$/m);
  expect(status).toMatch(/^Groups:\t10001 $/m);
  for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapAmb'])
    expect(status).toMatch(new RegExp(`^${set}:\t0+$`, 'm'));
  expect(status).toMatch(/^NoNewPrivs:\t1$/m);

  const { code, took } = await container.stop(drain);
  expect({ code, closed: container.lines.at(-1)?.['msg'] }).toEqual({
    code: 0,
    closed: 'Every browser was closed cleanly',
  });
  expect(took).toBeLessThan(drain);
  await expectOwned(world);
  const profile = await readdir(world.volume.profile());
  expect(profile.filter((name) => name.startsWith('Singleton'))).toEqual([]);
  expectUndisturbed(world.rig.whatsapp);
});

it('carries out verbs for root, as `docker exec` runs them, and leaves no file of root’s', async () => {
  const { world, env, mounts } = await paired();
  const { container, ready } = await image().run({ env, mounts });
  await ready();
  const listed = await container.exec(['vigil', 'sessions', '--json']);
  expect(listed).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(listed.stdout)).toMatchObject([{ id: 'main', status: 'ready' }]);
  expect(await container.exec(['vigil', 'backup', 'main'])).toMatchObject({ code: 0 });
  expect(await container.exec(['vigil', 'doctor', '--json'])).toMatchObject({ code: 0 });
  await expectOwned(world);
  expect(await container.stop(drain)).toMatchObject({ code: 0 });

  // Without a daemon the verb works on the volume itself: `docker run --rm -v vigil:/data wa-vigil vigil backups`.
  const alone = await image().run({ env, mounts, command: ['vigil', 'backup', 'main', '--json'] });
  expect(await alone.container.exited()).toEqual({ code: 0 });
  expect(JSON.parse(alone.container.stdout)).toMatchObject({ session: 'main', method: 'closed' });
  await expectOwned(world);
});

it('runs as compose.yaml says: with few capabilities, no new rights, and another init before it', async () => {
  const { vigil: service } = parse(await readFile(join(repository, 'compose.yaml'), 'utf8')).services;
  expect(service).toMatchObject({ init: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'] });
  const { world, env, mounts } = await paired();
  const { container, ready } = await image().run({
    env,
    mounts,
    init: true,
    noNewPrivileges: true,
    capabilities: service.cap_add.map((one: string) => one.toLowerCase()),
  });
  await ready();
  await expectOwned(world);
  expect(await container.health()).toMatchObject({ code: 0 });
  expect(await container.exec(['vigil', 'sessions'])).toMatchObject({ code: 0 });

  // A browser that is killed leaves children to whoever reaps.
  const browser = world.rig.whatsapp.count('connects');
  const main = container
    .processes()
    .find(({ argv }) => argv.includes('--user-data-dir=/data/whatsapp-sessions/session-main'));
  expect(main).toBeDefined();
  send(main?.pid ?? 0, 'SIGKILL');
  await until(() => world.rig.whatsapp.count('connects') > browser, 'a new browser', 60_000);
  await ready();
  const zombies = await container.exec(['sh', '-c', 'grep -h "^State:.Z" /proc/[0-9]*/status || true']);
  expect(zombies.stdout).toBe('');

  expect(await container.stop(parseDuration(service.stop_grace_period) ?? 0)).toMatchObject({ code: 0 });
  expect(container.stderr).not.toMatch(/tini/i);
});

it('runs on a disk that is read-only, with /tmp in memory', async () => {
  const { world, env, mounts } = await paired({ VIGIL_HOST: '0.0.0.0' });
  const { container, ready } = await image().run({ env, mounts, readOnly: true, tmpfs: ['/tmp'] });
  await ready();
  expect(await container.health()).toMatchObject({ code: 0 });
  expect(await container.exec(['vigil', 'sessions'])).toMatchObject({ code: 0 });
  expect(await container.exec(['touch', '/app/file'])).toMatchObject({ code: 1 });
  // Where its home is, since /home/vigil cannot be written.
  expect(await readdir(world.volume.ours('cache'))).toContain('.config');
  expect(await container.stop(drain)).toMatchObject({ code: 0 });
  await expectOwned(world);
});

it('runs as any user that was told, on a directory of that user', async () => {
  const user = 4711;
  const { world, env, mounts } = await paired({ VIGIL_HOST: '127.0.0.1' });
  for (const path of await foreignTo(user, world.volume.root)) await chown(path, user, user).catch(() => {});
  const { container, ready } = await image().run({ env, mounts, user, capabilities: [] });
  await ready();
  await expectOwned(world, user);
  expect(await readdir(world.volume.ours('cache'))).toContain('.config');
  expect(await container.health()).toMatchObject({ code: 0 });
  expect(await container.exec(['vigil', 'sessions'])).toMatchObject({ code: 0 });
  expect(await container.stop(drain)).toMatchObject({ code: 0 });
});

it('hands a vault over that was mounted beside the volume', async () => {
  const { world, env, mounts } = await paired({ VIGIL_VAULT: 'directory:/backups' });
  const backups = await scratchDirectory();
  const { container, ready } = await image().run({
    env,
    mounts: [...mounts, { source: backups, target: '/backups' }],
  });
  await ready();
  expect(await container.exec(['vigil', 'backup', 'main'])).toMatchObject({ code: 0 });
  expect(await foreignTo(vigil, backups)).toEqual([]);
  expect(await readdir(backups)).toEqual(expect.arrayContaining(['owners', 'sessions']));
  expect(await container.stop(drain)).toMatchObject({ code: 0 });
  await expectOwned(world);
});

it('works where Railway has mounted the volume', async () => {
  const { world, env } = await paired({
    RAILWAY_SERVICE_ID: 'a-service',
    RAILWAY_VOLUME_MOUNT_PATH: '/mnt/volume',
    RAILWAY_DEPLOYMENT_DRAINING_SECONDS: '60',
  });
  const { container, ready } = await image().run({
    env,
    mounts: [{ source: world.volume.root, target: '/mnt/volume' }],
  });
  await ready();
  await expectOwned(world);
  const doctor = await container.exec(['vigil', 'doctor']);
  expect(doctor.stdout).toMatch(/drain.*Railway waits 60 s/);
  expect(await container.stop(drain)).toMatchObject({ code: 0 });
});

it.each<[string, number, ContainerOptions, RegExp]>([
  ['no volume', 74, { mounts: [] }, /VIGIL_EXPECT_MOUNT=1.*docker run -v/s],
  ['no key', 78, { env: { VIGIL_API_KEY: '' } }, /VIGIL_API_KEY/],
  ['a root that may do nothing', 77, { capabilities: [] }, /--user 10001:10001/],
])('refuses %s, and says what to do', async (_what, code, options, said) => {
  const root = await scratchDirectory();
  const { container } = await image().run({ mounts: [{ source: root, target: '/data' }], ...options });
  expect(await container.exited(30_000)).toEqual({ code });
  expect(container.stderr).toMatch(said);
  expect(await readdir(root)).toEqual([]);
});

it('says that it is not healthy when the daemon does not answer', async () => {
  const root = await scratchDirectory();
  const { container, ask } = await image().run({ mounts: [{ source: root, target: '/data' }] });
  await until(async () => (await ask('/health'))?.status === 200, 'an API that is up');
  expect(await container.health()).toMatchObject({ code: 0 });
  const [, daemon] = container.processes();
  send(daemon?.pid ?? 0, 'SIGSTOP');
  onTestFinished(() => void send(daemon?.pid ?? 0, 'SIGCONT'));
  expect(await container.health()).toMatchObject({ code: 1, stdout: 'no answer within 5 s\n' });
  send(daemon?.pid ?? 0, 'SIGCONT');
  expect(await container.health()).toMatchObject({ code: 0 });
  expect(await container.stop(drain)).toMatchObject({ code: 0 });
});

it('does what docs/quickstart-docker.md tells people to type', async () => {
  const { world, env, mounts } = await paired();
  const commands = dockerCommands(await readFile(join(repository, 'docs/quickstart-docker.md'), 'utf8'));
  const runs = commands.filter(([, verb]) => verb === 'run').map((words) => dockerRun(words.slice(2)));
  const daemon = runs.find(({ flags }) => flags.has('-d'));
  if (!daemon) throw new Error('no container is started');
  const named = Object.entries(environmentOf(daemon)).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  const { container, ready } = await image().run({ env: { ...env, ...Object.fromEntries(named) }, mounts });
  await ready();
  const verbs = commands
    .filter(([, verb, name]) => verb === 'exec' && name === 'vigil')
    .map((words) => words.slice(3).filter((word) => word !== '--follow'));
  expect(verbs.length).toBeGreaterThan(4);
  for (const verb of verbs) expect(await container.exec(verb), verb.join(' ')).toMatchObject({ code: 0 });
  expect(await container.stop(drain)).toMatchObject({ code: 0 });

  // To another machine: out of one volume, into another one, with owners and links as they were.
  const out = await scratchDirectory();
  const other = await scratchDirectory();
  const places: Readonly<Record<string, string>> = { vigil: world.volume.root, $PWD: out };
  const moves = runs.filter(({ flags }) => flags.has('--entrypoint'));
  expect(moves).toHaveLength(2);
  for (const [index, move] of moves.entries()) {
    const moved = mountsOf(move).map(({ source, target }) => ({
      source: index === 1 && source === 'vigil' ? other : (places[source] ?? ''),
      target,
    }));
    const entrypoint = move.flags.get('--entrypoint')?.[0] ?? '';
    const tar = await image().run({ mounts: moved, entrypoint, command: move.command });
    expect(await tar.container.exited(), tar.container.stderr).toEqual({ code: 0 });
  }
  expect(await foreignTo(vigil, other)).toEqual([]);
  const next = await image().run({ env, mounts: [{ source: other, target: '/data' }] });
  await next.ready();
  expect(await next.container.stop(drain)).toMatchObject({ code: 0 });
  expectUndisturbed(world.rig.whatsapp);
});
