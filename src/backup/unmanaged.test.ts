import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BackupWorld, backupWorld, main, never } from '../../test/doubles/backup-world.ts';
import { type MadeEntry, tarEntry, tarOf } from '../../test/doubles/made-archive.ts';
import { VigilError } from '../errors.ts';
import { sessionId } from '../session/id.ts';
import { takeBackup } from './take-backup.ts';
import { isUnmanagedFile, UnmanagedArchives } from './unmanaged.ts';

type World = Awaited<ReturnType<typeof world>>;

async function world() {
  const found: BackupWorld = await backupWorld();
  const directory = join(found.layout.vault, 'sessions');
  await mkdir(directory, { recursive: true });
  const put = (file: string, contents: Uint8Array) => writeFile(join(directory, file), contents);
  const archive = (file: string, ...entries: readonly (MadeEntry | Buffer)[]) =>
    put(file, gzipSync(tarOf(...entries)));
  const listed = async () =>
    (await new UnmanagedArchives(found.vault).list(never)).map(({ file, session, problem }) => ({
      file,
      session,
      problem,
    }));
  return { ...found, directory, put, archive, listed };
}

describe('the archives of another tool', () => {
  it.each([
    ['as most write them', [{ path: 'session-main/', type: '5' }]],
    ['without its directory', [{ path: 'session-main/Default/x', body: 'x' }]],
    [
      'out of a directory',
      [
        { path: './', type: '5' },
        { path: './session-main/', type: '5' },
      ],
    ],
  ])('are listed under the session that they hold, %s', async (_how, entries) => {
    const { archive, listed } = await world();
    await archive('main-2026-05-01.tar.gz', ...entries);
    expect(await listed()).toEqual([{ file: 'main-2026-05-01.tar.gz', session: 'main', problem: null }]);
  });

  it('are not mixed with ours, nor with whatever else lies there', async () => {
    const { tools, request, archive, listed, put, directory } = await world();
    await takeBackup(await request('ours'), tools);
    await archive('theirs.tar.gz', { path: 'session-other/', type: '5' });
    await put('notes.txt', Buffer.from('x'));
    await mkdir(join(directory, 'other'));
    await writeFile(join(directory, 'other', 'inside.tar.gz'), 'x');
    expect(await listed()).toEqual([{ file: 'theirs.tar.gz', session: 'other', problem: null }]);
  });

  it.each<[string, (found: World) => Promise<void>, string]>([
    ['no gzip', ({ put }) => put('x.tar.gz', Buffer.from('no gzip at all')), 'it is not gzip, or is torn'],
    ['torn', ({ put }) => put('x.tar.gz', gzipSync(tarOf()).subarray(0, 12)), 'it is not gzip, or is torn'],
    [
      'no tar',
      ({ put }) => put('x.tar.gz', gzipSync(Buffer.alloc(600, 'x'))),
      'it is not a tar archive, or is torn',
    ],
    ['empty', ({ archive }) => archive('x.tar.gz'), 'it holds nothing'],
    [
      'somebody else’s',
      ({ archive }) => archive('x.tar.gz', { path: 'etc/passwd', body: 'x' }),
      'it begins with "etc/passwd", which is in no session\'s directory',
    ],
    [
      'of a session that none can be called',
      ({ archive }) => archive('x.tar.gz', { path: 'session-../x' }),
      'it begins with "session-../x", which is in no session\'s directory',
    ],
    [
      'a link',
      ({ directory }) => symlink('/etc/passwd', join(directory, 'x.tar.gz')),
      'it is a symbolic link, and none is followed',
    ],
  ])('are listed by their name where they are %s', async (_what, make, problem) => {
    const found = await world();
    await make(found);
    expect(await found.listed()).toEqual([{ file: 'x.tar.gz', session: null, problem }]);
  });

  it('are listed whatever bytes they hold', async () => {
    const { put, listed } = await world();
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 2_000 }),
      fc.uint8Array({ maxLength: 3_000 }).map((raw) => new Uint8Array(gzipSync(raw))),
      fc
        .tuple(fc.string({ maxLength: 99 }), fc.string({ minLength: 1, maxLength: 1 }))
        .map(([path, type]) => new Uint8Array(gzipSync(tarEntry({ path, type })))),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (contents) => {
        await put('x.tar.gz', contents);
        const [one] = await listed();
        expect(one?.file).toBe('x.tar.gz');
        expect((one?.session === null) !== (one?.problem === null)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  it('are fetched no further than their first entry, and once', async () => {
    const { archive, vault } = await world();
    const body = Buffer.from(
      Array.from({ length: 4_000_000 }, (_, at) => (at * 7_919 + (at >> 8) * 31) % 251),
    );
    await archive('large.tar.gz', { path: 'session-main/', type: '5' }, { path: 'session-main/x', body });
    let fetched = 0;
    const get: typeof vault.get = async (name, signal) => {
      const stream = await vault.get(name, signal);
      stream.on('data', (chunk: Buffer) => {
        fetched += chunk.length;
      });
      return stream.pause();
    };
    const counted = Object.assign(Object.create(vault) as typeof vault, {
      get,
      list: vault.list.bind(vault),
    });
    const archives = new UnmanagedArchives(counted);
    expect(await archives.list(never)).toMatchObject([{ session: 'main' }]);
    const first = fetched;
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(500_000);
    expect(await archives.list(never)).toMatchObject([{ session: 'main' }]);
    expect(fetched).toBe(first);
  });

  it('are not said to be none by a vault that does not answer', async () => {
    const { archive, vault } = await world();
    await archive('x.tar.gz', { path: 'session-main/', type: '5' });
    const get: typeof vault.get = async () => {
      throw new VigilError('vault_unavailable', 'It is far away.');
    };
    const far = Object.assign(Object.create(vault) as typeof vault, { get, list: vault.list.bind(vault) });
    await expect(new UnmanagedArchives(far).list(never)).rejects.toMatchObject({ code: 'vault_unavailable' });
  });

  it('are found by their name, for the session that they hold alone', async () => {
    const { archive, put, vault, directory } = await world();
    await archive('x.tar.gz', { path: 'session-main/', type: '5' });
    await put('torn.tar.gz', Buffer.from('torn'));
    const archives = new UnmanagedArchives(vault);
    expect(await archives.find('x.tar.gz', main, never)).toMatchObject({ name: 'sessions/x.tar.gz' });
    const sales = sessionId('sales');
    await expect(archives.find('x.tar.gz', sales, never)).rejects.toMatchObject({
      code: 'session_refused',
      remedy: expect.stringContaining('vigil restore main --backup x.tar.gz'),
    });
    await expect(archives.find('torn.tar.gz', main, never)).rejects.toMatchObject({ code: 'backup_damaged' });
    await expect(archives.find('gone.tar.gz', main, never)).rejects.toMatchObject({
      code: 'backup_not_found',
    });
    expect(await readdir(directory)).toEqual(['torn.tar.gz', 'x.tar.gz']);
  });
});

it.each([
  ['main.tar.gz', true],
  ['.tar.gz', false],
  ['main/x.tar.gz', false],
  ['main.tar.gz.age', false],
  ['20260101T000000Z-3-0123456789ab', false],
  ['../x.tar.gz', false],
])('%s: %s', (text, expected) => {
  expect(isUnmanagedFile(text)).toBe(expected);
});
