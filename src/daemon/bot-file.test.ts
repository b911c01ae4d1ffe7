import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { requireBotFile, requireBotSetting } from './bot-file.ts';

it('takes a file that can be read, a link to one, and none at all', async () => {
  const directory = await scratchDirectory();
  await writeFile(join(directory, 'bot.mjs'), '');
  await symlink('bot.mjs', join(directory, 'link.mjs'));
  for (const name of ['bot.mjs', 'link.mjs']) {
    await requireBotSetting(join(directory, name));
    await requireBotFile(join(directory, name));
  }
  await requireBotSetting(null);
});

it('says what it found where there is none', async () => {
  const directory = await scratchDirectory();
  await mkdir(join(directory, 'folder'));
  await writeFile(join(directory, 'file'), '');
  await symlink('nowhere', join(directory, 'dangling'));
  for (const [name, found] of [
    ['nowhere.mjs', 'nothing at'],
    ['file/bot.mjs', 'nothing at'],
    ['dangling', 'nothing at'],
    ['folder', 'a directory at'],
    ['/dev/null', 'something that is no file at'],
  ] as const) {
    const path = name.startsWith('/') ? name : join(directory, name);
    await expect(requireBotSetting(path)).rejects.toMatchObject({
      code: 'invalid_config',
      message: expect.stringContaining(`VIGIL_BOT: expected a module that can be read; found ${found}`),
    });
    await expect(requireBotFile(path)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(found),
    });
  }
});
