import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { localStorageStore, storeLogin } from '../../test/doubles/stored-login.ts';
import { whatsappWebProfile } from '../engine/whatsapp-web/profile-layout.ts';
import { sessionId } from '../session/id.ts';
import { volumeLayout } from '../volume/layout.ts';
import { findProfiles } from './adopt.ts';

async function volume(bareDefault = false) {
  const layout = volumeLayout(await scratchDirectory(), bareDefault);
  await mkdir(layout.sessions, { recursive: true });
  await mkdir(layout.staging, { recursive: true });
  return {
    layout,
    at: (name: string) => join(layout.sessions, name),
    find: async (...known: readonly string[]) => {
      const { adopted, strange } = await findProfiles({
        layout,
        profileLayout: whatsappWebProfile,
        known: new Set(known.map(sessionId)),
        now: 0,
        signal: new AbortController().signal,
      });
      return {
        adopted: adopted.map(({ record, found }) => [record.id, record.wanted, found]),
        strange,
        full: adopted,
      };
    },
  };
}

it('takes up what holds a login, with what there is to show for it', async () => {
  const { at, find } = await volume();
  await storeLogin(at('session-main'));
  const { adopted, full } = await find();
  expect(adopted).toEqual([['main', 'online', 'login']]);
  expect(full[0]?.record).toMatchObject({
    login: 'settled',
    evidence: { loginKeys: ['WALid', 'last-wid-md'] },
  });
});

it('leaves alone what a record knows of', async () => {
  const { at, find } = await volume();
  await storeLogin(at('session-main'));
  expect((await find('main')).adopted).toEqual([]);
});

it('starts nothing that holds no login, and says what is wrong with it', async () => {
  const { at, find } = await volume();
  await storeLogin(at('session-wiped'), { keys: [] });
  await mkdir(at('session-empty'));
  await storeLogin(at('session-damaged'));
  await rm(join(at('session-damaged'), localStorageStore, 'CURRENT'));
  const { adopted, full } = await find();
  expect(adopted).toEqual([
    ['damaged', 'stopped', 'no_login'],
    ['empty', 'stopped', 'no_login'],
    ['wiped', 'stopped', 'no_login'],
  ]);
  expect(full.map(({ problem }) => problem)).toEqual([
    expect.stringContaining('CURRENT'),
    expect.stringContaining('holds neither'),
    expect.stringContaining('Local Storage'),
  ]);
});

it('starts neither of two that hold the same device, and no copy of one that is known', async () => {
  const { at, find } = await volume();
  for (const name of ['session-a', 'session-b']) await storeLogin(at(name));
  expect((await find()).adopted).toEqual([
    ['a', 'stopped', 'twin'],
    ['b', 'stopped', 'twin'],
  ]);
  expect((await find('a')).adopted).toEqual([['b', 'stopped', 'twin']]);
});

it('takes the profile without a name for the session default, where there is no other', async () => {
  const { at, find } = await volume(true);
  await storeLogin(at('session'));
  expect((await find()).adopted).toEqual([['default', 'online', 'login']]);
  const named = await volume(false);
  await storeLogin(named.at('session'));
  expect((await named.find()).adopted).toEqual([]);
});

it('names what is no profile, and touches nothing of it', async () => {
  const { at, find } = await volume();
  await mkdir(at('session-'));
  await mkdir(at('session-../x'.replaceAll('/', '_')));
  await mkdir(at('session-stats'));
  await writeFile(at('session-file'), '');
  await symlink('/etc', at('session-link'));
  await mkdir(at('something else'));
  const { adopted, strange } = await find();
  expect(adopted).toEqual([]);
  expect([...strange].sort()).toEqual([
    'session-',
    'session-.._x',
    'session-file',
    'session-link',
    'session-stats',
  ]);
});

it('tells 20 damaged ones from 200', async () => {
  const { at, find } = await volume();
  for (let number = 0; number < 200; number++) {
    const name = at(`session-s${number}`);
    await storeLogin(name, { device: `device ${number}` });
    if (number % 10 === 0) await rm(join(name, localStorageStore, 'CURRENT'));
  }
  const { adopted } = await find();
  expect(adopted.filter(([, , found]) => found === 'login')).toHaveLength(180);
  expect(adopted.filter(([, wanted]) => wanted === 'stopped')).toHaveLength(20);
});
