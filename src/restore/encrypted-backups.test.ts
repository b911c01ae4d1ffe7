import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateIdentity } from 'age-encryption';
import { describe, expect, it } from 'vitest';
import { backupWorld, main, never, wordOf } from '../../test/doubles/backup-world.ts';
import { takeBackup } from '../backup/take-backup.ts';
import { verifyBackup } from '../backup/verify-backup.ts';
import { AgeEncryption } from '../encryption/age-encryption.ts';
import { type Keys, recipientOf } from '../encryption/keys.ts';
import { climb } from './ladder.ts';

describe('an encrypted backup', () => {
  const keys = async () => ({ recipients: [], identities: [await generateIdentity()], passphrases: [] });
  const encryptionOf = async (own: Keys) =>
    AgeEncryption.with(
      { ...own, recipients: await Promise.all(own.identities.map(recipientOf)) },
      { seals: true, place: 'directory:/backups' },
    );

  it('comes back with its key, says in its manifest which one, and tells nothing in clear but names', async () => {
    const world = await backupWorld();
    const encryption = await encryptionOf(await keys());
    const tools = { ...world.tools, encryption };
    const { manifest } = await takeBackup(await world.request('secret'), tools);
    expect(manifest).toMatchObject({ encryption: { keys: encryption.sealsFor }, phone: null });
    expect(manifest.archive.name).toMatch(/\.tar\.gz\.age$/);
    const there = await readFile(join(world.layout.vault, manifest.archive.name));
    expect(there.subarray(0, 21).toString()).toBe('age-encryption.org/v1');
    await world.write('wiped');
    const climbed = await climb({ session: main, refuse: () => null, signal: never }, tools);
    expect(climbed).toMatchObject({ outcome: 'restored' });
    expect(await wordOf(world.profile)).toBe('secret');
  });

  it('whose key is not here is neither damaged nor absent: an older one that can be opened is taken, else it is waited for', async () => {
    const world = await backupWorld();
    const plain = await takeBackup(await world.request('older'), world.tools);
    await world.clock.advance(60_000);
    await takeBackup(await world.request('newer'), {
      ...world.tools,
      encryption: await encryptionOf(await keys()),
    });
    await world.write('wiped');
    const tools = { ...world.tools, encryption: await encryptionOf(await keys()) };
    const request = { session: main, refuse: () => null, signal: never };
    const climbed = await climb(request, tools);
    expect(climbed).toMatchObject({ outcome: 'restored', restored: { backup: { id: plain.manifest.id } } });
    expect(climbed.passedOver).toMatchObject([
      { damaged: false, why: expect.stringContaining('is encrypted for') },
    ]);
    await world.write('wiped');
    const refuse = ({ id }: { readonly id: string }) => (id === plain.manifest.id ? 'not this one' : null);
    await expect(climb({ ...request, refuse }, tools)).rejects.toMatchObject({ code: 'backup_key_missing' });
    expect(await wordOf(world.profile)).toBe('wiped');
  });

  it('of before a change of keys is opened by the old one, which stays beside the new', async () => {
    const world = await backupWorld();
    const old = await keys();
    const { manifest } = await takeBackup(await world.request('old'), {
      ...world.tools,
      encryption: await encryptionOf(old),
    });
    const renewed = await keys();
    const both = { ...renewed, identities: [...renewed.identities, ...old.identities] };
    const tools = {
      ...world.tools,
      encryption: await AgeEncryption.with(both, { seals: true, place: 'directory:/backups' }),
    };
    expect(await verifyBackup(manifest, { signal: never }, tools)).toMatchObject({ soundness: 'sound' });
  });

  it('of another passphrase is found out by trying it, and is not damaged', async () => {
    const world = await backupWorld();
    const withPassphrase = (passphrase: string) =>
      AgeEncryption.with(
        { recipients: [], identities: [], passphrases: [passphrase] },
        { seals: true, place: 'directory:/backups' },
      );
    const theirs = await withPassphrase('what it was before');
    const { manifest } = await takeBackup(await world.request('x'), { ...world.tools, encryption: theirs });
    const ours = await withPassphrase('what it is by now');
    const tools = { ...world.tools, encryption: ours };
    await expect(verifyBackup(manifest, { signal: never }, tools)).rejects.toMatchObject({
      code: 'backup_key_missing',
      message: `Backup ${manifest.id} of session "main" is encrypted for ${theirs.sealsFor}, and the key here is ${ours.opens}.`,
    });
    expect(await world.names(world.layout.staging)).toEqual([]);
  });

  it('with a byte that was flipped is damaged', async () => {
    const world = await backupWorld();
    const tools = { ...world.tools, encryption: await encryptionOf(await keys()) };
    const { manifest } = await takeBackup(await world.request('x'), tools);
    const path = join(world.layout.vault, manifest.archive.name);
    const bytes = await readFile(path);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 20) ^ 1, bytes.length - 20);
    await writeFile(path, bytes);
    expect(await verifyBackup(manifest, { signal: never }, tools)).toMatchObject({ soundness: 'damaged' });
    // The vault lies, too: only what is sealed says what it is.
    const told = createHash('sha256').update(bytes).digest('hex');
    const lying = { ...manifest, archive: { ...manifest.archive, sha256: told } };
    expect(await verifyBackup(lying, { signal: never }, tools)).toMatchObject({
      soundness: 'damaged',
      problem: expect.stringContaining('encryption'),
    });
  });
});
