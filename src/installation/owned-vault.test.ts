import { expect, it } from 'vitest';
import { inMemory, SharedVault } from '../../test/doubles/shared-vault.ts';
import { VigilError } from '../errors.ts';
import { OwnedVault } from './owned-vault.ts';

const never = new AbortController().signal;

it('lets nobody but the owner write, and everybody look', async () => {
  const shared = new SharedVault();
  let ours = true;
  const vault = new OwnedVault(shared.as(), async () => {
    if (!ours) throw new VigilError('vault_owned', 'It is not ours.');
  });
  await inMemory('first', (source) => vault.put('sessions/main/a.json', source, never));
  ours = false;
  const refused = { code: 'vault_owned' };
  await expect(
    inMemory('x', (source) => vault.put('sessions/main/b.json', source, never)),
  ).rejects.toMatchObject(refused);
  await expect(vault.remove('sessions/main/a.json', never)).rejects.toMatchObject(refused);
  expect(await vault.list('', never)).toMatchObject([{ name: 'sessions/main/a.json' }]);
  expect(await vault.stat('sessions/main/a.json', never)).not.toBeNull();
  expect(String(await (await vault.get('sessions/main/a.json', never)).toArray())).toBe('first');
});
