/** Where other programs keep their sessions, made as each of them lays them out. */
import { chmod, mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { findSources } from './find-sources.ts';

const never = new AbortController().signal;

/** A name that ends with `!` is a browser's profile, any other a file; `name -> target` is a link. */
async function laidOut(...names: readonly string[]): Promise<string> {
  const root = await realpath(await scratchDirectory());
  for (const name of names) {
    const [path = '', target] = name.split(' -> ');
    const place = join(root, path.replace(/!$/, ''));
    if (path.endsWith('!')) await mkdir(join(place, 'Default', 'IndexedDB'), { recursive: true });
    else {
      await mkdir(dirname(place), { recursive: true });
      await (target === undefined ? writeFile(place, '') : symlink(target, place));
    }
  }
  return root;
}

async function found(root: string, path = '.') {
  const { sources, passedOver } = await findSources(join(root, path), never);
  return {
    sources: sources.map((one) => [one.path.slice(root.length + 1), one.form, one.session]),
    passedOver: passedOver.map((one) => `${one.path.slice(root.length + 1)} ${one.why}`),
  };
}

describe('sessions of other programs', () => {
  it.each([
    ['LocalAuth', '.wwebjs_auth/session-sales!', 'sales'],
    ['LocalAuth without a name', '.wwebjs_auth/session!', 'default'],
    ['RemoteAuth', '.wwebjs_auth/RemoteAuth-sales!', 'sales'],
    ['RemoteAuth without a name', '.wwebjs_auth/RemoteAuth!', 'default'],
    ['wwebjs-api', 'sessions/session-sales!', 'sales'],
    ['WAHA with WEBJS', '.sessions/webjs/default/session-default!', 'default'],
    ['an older WAHA with WEBJS', '.sessions/webjs/sales/session-sales!', 'sales'],
    [
      'OpenWA',
      'data/sessions/session-0c4f9f6e-6a2c-4f0e-9a53-2f7f5a1f1c11!',
      '0c4f9f6e-6a2c-4f0e-9a53-2f7f5a1f1c11',
    ],
    ['wa-automate', 'bot/_IGNORE_sales!', 'sales'],
  ])('are found as %s keeps them', async (_what, path, session) => {
    const root = await laidOut(path);
    const source = path.replace(/!$/, '');
    expect((await found(root)).sources).toEqual([[source, 'directory', session]]);
    // Named by itself, or what holds it.
    expect((await found(root, source)).sources).toEqual([[source, 'directory', session]]);
    expect((await found(root, dirname(source))).sources).toEqual([[source, 'directory', session]]);
  });

  it('are found as zips of RemoteAuth', async () => {
    const root = await laidOut('RemoteAuth-sales.zip', 'RemoteAuth.zip', 'holiday.zip', 'notes.txt');
    expect((await found(root)).sources).toEqual([
      ['RemoteAuth-sales.zip', 'zip', 'sales'],
      ['RemoteAuth.zip', 'zip', 'default'],
    ]);
    expect((await found(root, 'holiday.zip')).sources).toEqual([['holiday.zip', 'zip', null]]);
  });

  it('are found several in one directory, and what only looks like one is named', async () => {
    const root = await laidOut(
      'session-b!',
      'session-a!',
      'RemoteAuth-c.zip',
      'session-empty/notes',
      'session-x.y!',
      'session-linked -> session-a',
      'wwebjs_temp_session_c/Default/IndexedDB/x',
      'node_modules/bot/session-d!',
    );
    expect(await found(root)).toEqual({
      sources: [
        ['RemoteAuth-c.zip', 'zip', 'c'],
        ['session-a', 'directory', 'a'],
        ['session-b', 'directory', 'b'],
        ['session-x.y', 'directory', null],
      ],
      passedOver: [
        'session-empty is named as a profile is, and holds none: no login was made in it',
        'session-linked is a symbolic link, which is followed where it is named itself',
      ],
    });
    expect((await found(root, 'session-linked')).sources).toEqual([['session-a', 'directory', 'a']]);
  });

  it('are found below what only looks like another engine, and beside what may not be read', async () => {
    const root = await laidOut('bot/creds.json', 'bot/.wwebjs_auth/session-a!', 'bot/shut/session-b!');
    const shut = join(root, 'bot', 'shut');
    await chmod(shut, 0);
    const isRoot = process.getuid?.() === 0;
    expect(await found(root)).toEqual({
      sources: [
        ['bot/.wwebjs_auth/session-a', 'directory', 'a'],
        // Nothing is shut to root.
        ...(isRoot ? [['bot/shut/session-b', 'directory', 'b']] : []),
      ],
      passedOver: isRoot ? [] : ['bot/shut may not be read by this user'],
    });
    await chmod(shut, 0o700);
  });

  it('are looked for in what another installation of this program has, but not in what it set aside', async () => {
    const root = await laidOut(
      'whatsapp-sessions/session-main!',
      'vigil/quarantine/main/20260101T000000Z-x!',
    );
    expect((await found(root)).sources).toEqual([['whatsapp-sessions/session-main', 'directory', 'main']]);
    expect((await found(root, 'vigil/quarantine/main/20260101T000000Z-x')).sources).toHaveLength(1);
  });

  it.each([
    ['NOWEB of WAHA', '.sessions/noweb/default/creds.json', 'Baileys'],
    ['Baileys itself', 'auth_info_baileys/creds.json', 'Baileys'],
    ['GOWS of WAHA', '.sessions/gows/default/gows.db', 'GOWS'],
  ])('of %s are no profiles, which is said', async (_what, path, engine) => {
    const root = await laidOut(path, `${dirname(path)}/pre-key-1.json`);
    await expect(found(root)).rejects.toMatchObject({
      code: 'import_unusable',
      message: `${join(root, dirname(path))} holds the keys of ${engine === 'GOWS' ? 'GOWS (of WAHA)' : 'Baileys (NOWEB of WAHA, for one)'} and no browser's profile.`,
      remedy: 'Link the session anew: `vigil pair <session>`.',
    });
    // Beside others they keep nobody.
    const mixed = await laidOut(path, '.sessions/webjs/default/session-sales!');
    expect(await found(mixed)).toMatchObject({
      sources: [['.sessions/webjs/default/session-sales', 'directory', 'sales']],
      passedOver: [expect.stringContaining(engine)],
    });
  });

  it.each([
    ['nothing of the kind', 'notes.txt', '.', 'holds no profile of a browser'],
    ['nothing at all', 'notes.txt', 'missing', 'is not there'],
    ['a file', 'notes.txt', 'notes.txt', 'is neither a directory nor a zip'],
    ['a profile too deep for anybody', 'a/b/c/d/e/session-x!', '.', 'holds no profile of a browser'],
  ])('are not found in %s', async (_what, path, asked, problem) => {
    const root = await laidOut(path);
    await expect(found(root, asked)).rejects.toMatchObject({
      code: 'import_unusable',
      message: expect.stringContaining(problem),
    });
  });
});
