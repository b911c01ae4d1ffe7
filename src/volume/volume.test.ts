import { chown, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FaultyDisk } from '../../test/doubles/faulty-disk.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { isMountPoint, isWithin } from './mounts.ts';
import { sweepVolume } from './sweep.ts';
import { type OpenVolumeOptions, openVolume } from './volume.ts';

const uid = process.geteuid?.() ?? 0;

function open(root: string, overrides: Partial<OpenVolumeOptions> = {}) {
  return openVolume({ root, origin: 'VIGIL_VOLUME', env: {}, disk: new FaultyDisk(), uid, ...overrides });
}

describe('a volume that is opened', () => {
  it('has its directories, for its owner only, and no trace of the attempt', async () => {
    const root = join(await scratchDirectory(), 'data');
    const layout = await open(root);
    expect(await readdir(root)).toEqual(['vigil', 'whatsapp-sessions']);
    expect(await readdir(layout.ours)).toEqual([
      'cache',
      'logs',
      'quarantine',
      'restores',
      'sessions',
      'staging',
      'web-versions',
    ]);
    for (const path of [layout.sessions, layout.ours, layout.records]) {
      expect((await stat(path)).mode & 0o777).toBe(0o700);
    }
    expect(await open(root)).toEqual(layout);
  });

  it('is created with its parents by default', async () => {
    const root = join(await scratchDirectory(), 'a', 'b', 'data');
    await open(root, { origin: 'default' });
    expect(await readdir(root)).toEqual(['vigil', 'whatsapp-sessions']);
  });

  it('keeps what lies on it', async () => {
    const root = await scratchDirectory();
    await mkdir(join(root, 'whatsapp-sessions', 'session-main', 'Default'), { recursive: true });
    const layout = await open(root);
    expect(await readdir(layout.sessions)).toEqual(['session-main']);
  });

  it('is swept of what a crash left, by the holder of its lock', async () => {
    const layout = await open(await scratchDirectory());
    await writeFile(join(layout.records, '.vigil-0123456789ab.tmp'), '{');
    await writeFile(join(layout.records, 'main.json'), '{');
    expect(await sweepVolume(layout, new FaultyDisk())).toBe(1);
    expect(await readdir(layout.records)).toEqual(['main.json']);
  });
});

describe('a volume that is missing is never an empty one', () => {
  it('where the parent of the path does not exist', async () => {
    const root = join(await scratchDirectory(), 'not-mounted', 'data');
    await expect(open(root)).rejects.toMatchObject({
      code: 'volume_missing',
      message: expect.stringContaining('VIGIL_VOLUME'),
    });
    await expect(open(root, { origin: 'flag' })).rejects.toThrow('--volume');
  });

  it('where a file lies in its place', async () => {
    const root = join(await scratchDirectory(), 'data');
    await writeFile(root, '');
    await expect(open(root)).rejects.toMatchObject({ code: 'volume_missing' });
    await expect(open(join(root, 'below'))).rejects.toMatchObject({ code: 'volume_missing' });
  });

  it.each(['RAILWAY_ENVIRONMENT', 'RAILWAY_PROJECT_ID', 'RAILWAY_SERVICE_NAME'])(
    'on Railway (%s) without a volume',
    async (name) => {
      const root = await scratchDirectory();
      await expect(open(root, { env: { [name]: 'x' }, origin: 'default' })).rejects.toMatchObject({
        code: 'volume_missing',
        remedy: expect.stringContaining('Attach a volume'),
      });
      expect(await readdir(root)).toEqual([]);
    },
  );

  it('but a token for Railway on one’s own machine is not Railway', async () => {
    await open(await scratchDirectory(), {
      env: { RAILWAY_TOKEN: 'x', RAILWAY_API_TOKEN: 'y', RAILWAY_PROJECT_ID: '' },
    });
  });

  it('where Railway’s mount path is an ordinary directory, or nothing', async () => {
    const root = await scratchDirectory();
    for (const path of [root, join(root, 'nothing')]) {
      const env = { RAILWAY_VOLUME_MOUNT_PATH: path };
      await expect(open(path, { env, origin: 'RAILWAY_VOLUME_MOUNT_PATH' })).rejects.toMatchObject({
        code: 'volume_missing',
      });
    }
    expect(await readdir(root)).toEqual([]);
  });

  it('where the image expects a mount', async () => {
    const root = await scratchDirectory();
    await expect(open(root, { expectMount: true })).rejects.toThrow(/expected to be mounted/);
    expect(await readdir(root)).toEqual([]);
    await open(root, { expectMount: false });
  });

  it('where VIGIL_VOLUME leads off the mounted volume', async () => {
    // /proc is a mount wherever this runs.
    const env = { RAILWAY_VOLUME_MOUNT_PATH: '/proc' };
    await expect(open(await scratchDirectory(), { env })).rejects.toThrow(/not on the Railway volume/);
  });
});

describe('a volume that cannot be written', () => {
  it.each([
    ['try:create', 'ENOSPC', 'disk_full', 74],
    ['try:create', 'EACCES', 'volume_permission', 77],
    ['try:rename', 'EROFS', 'volume_permission', 77],
    ['create-directory', 'ENOSPC', 'disk_full', 74],
  ])('is refused: %s says %s', async (step, errno, code, exit) => {
    const root = await scratchDirectory();
    await expect(open(root, { disk: new FaultyDisk().fail(step, errno) })).rejects.toMatchObject({
      code,
      exit,
    });
  });

  it('is left without the file that was tried', async () => {
    const root = await scratchDirectory();
    const layout = await open(root);
    await expect(open(root, { disk: new FaultyDisk().fail('try:sync', 'EIO') })).rejects.toThrow();
    expect(await readdir(layout.sessions)).toEqual([]);
  });

  it('is refused when profiles would lie behind a link', async () => {
    const root = await scratchDirectory();
    await symlink(await scratchDirectory(), join(root, 'whatsapp-sessions'));
    await expect(open(root)).rejects.toThrow(/symbolic link/);
  });

  it('is refused to root when it belongs to another user, and nothing of root is left on it', async ({
    skip,
  }) => {
    skip(uid !== 0, 'only root can give a directory to another user');
    const root = await scratchDirectory();
    await chown(root, 65_534, 65_534);
    await expect(open(root)).rejects.toMatchObject({
      code: 'volume_permission',
      message: expect.stringContaining('65534'),
    });
    expect(await readdir(root)).toEqual([]);
  });
});

it('tells a mount from a directory', async () => {
  expect(await isMountPoint('/')).toBe(true);
  expect(await isMountPoint('/proc')).toBe(true);
  expect(await isMountPoint(await scratchDirectory())).toBe(false);
});

it.each([
  ['/data', '/data', true],
  ['/data', '/data/x', true],
  ['/data', '/data2', false],
  ['/data', '/', false],
])('%s holds %s: %s', (outer, inner, expected) => {
  expect(isWithin(outer, inner)).toBe(expected);
});
