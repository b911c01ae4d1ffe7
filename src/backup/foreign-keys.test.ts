import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { alteredVault } from '../../test/doubles/altered-vault.ts';
import { backupWorld, main, never } from '../../test/doubles/backup-world.ts';
import { VigilError } from '../errors.ts';
import { sessionId } from '../session/id.ts';
import { manifestName } from './backup-names.ts';
import type { BackupEncryption } from './encryption.ts';
import { foreignBackups, foreignWords } from './foreign-keys.ts';
import { takeBackup } from './take-backup.ts';

/** Seals nothing: what a key does is tested elsewhere, here only its name counts. */
const keyNamed = (...names: string[]): BackupEncryption => ({
  sealsFor: names,
  opens: names,
  seal: (bytes) => bytes,
  open: (bytes) => bytes,
});

async function world() {
  const found = await backupWorld();
  const taken = async (session: string, encryption: BackupEncryption | null) => {
    const request = await found.request('x', { session: sessionId(session) });
    const { manifest } = await takeBackup(request, { ...found.tools, encryption });
    await found.clock.advance(60_000);
    return manifest;
  };
  const foreign = (...opens: string[]) => foreignBackups(found.vault, { opens }, never);
  return { ...found, taken, foreign };
}

describe('backups whose key is not here', () => {
  it('are the newest ones of their sessions, and no others', async () => {
    const { taken, foreign } = await world();
    await taken('changed', keyNamed('age-old'));
    await taken('changed', keyNamed('age-new'));
    const behind = await taken('behind', keyNamed('age-old'));
    await taken('plain', keyNamed('age-old'));
    await taken('plain', null);
    await taken('several', keyNamed('age-old', 'age-new'));
    expect(await foreign('age-new')).toEqual([{ session: 'behind', id: behind.id, keys: ['age-old'] }]);
    expect(await foreign('age-new', 'age-old')).toEqual([]);
    expect((await foreign()).map(({ session }) => session)).toEqual(['behind', 'changed', 'several']);
  });

  it('are never those of a passphrase where there is one: its name differs from vault to vault', async () => {
    const { taken, foreign } = await world();
    await taken('main', keyNamed('passphrase-01234'));
    expect(await foreign('passphrase-98765')).toEqual([]);
    expect(await foreign('age-new')).toHaveLength(1);
  });

  it('are not told of an archive without a manifest, nor is anything read where all is plain', async () => {
    const { taken, foreign, layout, vault } = await world();
    const half = await taken('main', keyNamed('age-old'));
    await rm(join(layout.vault, manifestName(main, half.id)));
    expect(await foreign()).toEqual([]);
    await rm(join(layout.vault, half.archive.name));
    await taken('main', null);
    const unread = alteredVault(vault, {
      get: async () => {
        throw new Error('nothing is to be read');
      },
    });
    expect(await foreignBackups(unread, null, never)).toEqual([]);
  });

  it('are not said to be none by a vault that does not answer', async () => {
    const { vault } = await world();
    const far = alteredVault(vault, {
      list: async () => {
        throw new VigilError('vault_unavailable', 'It is far away.');
      },
    });
    await expect(foreignBackups(far, null, never)).rejects.toMatchObject({ code: 'vault_unavailable' });
  });

  it('are told together where they are sealed for the same', () => {
    const of = (session: string, ...keys: string[]) => ({ session: sessionId(session), id: 'x', keys });
    expect(foreignWords([])).toEqual([]);
    expect(
      foreignWords([
        of('a', 'age-1'),
        of('b', 'age-2', 'age-3'),
        of('c', 'age-1'),
        of('d', 'age-1'),
        of('e', 'age-1'),
      ]),
    ).toEqual([
      'The newest backup of a, c, d and 1 other sessions is encrypted for age-1, and cannot be opened with what is configured here.',
      'The newest backup of b is encrypted for age-2, age-3, and cannot be opened with what is configured here.',
    ]);
  });
});
