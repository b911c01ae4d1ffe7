import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateIdentity, identityToRecipient } from 'age-encryption';
import { beforeEach, describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { createLogger } from '../log.ts';
import { openEncryption } from './open-encryption.ts';

let root = '';
let elsewhere = '';
const identity = await generateIdentity();
const recipient = await identityToRecipient(identity);

beforeEach(async () => {
  root = join(await scratchDirectory(), 'volume');
  elsewhere = await scratchDirectory();
  await mkdir(root);
});

const open = (changes: Partial<Parameters<typeof openEncryption>[0]['settings']> = {}) =>
  openEncryption({
    settings: {
      encryption: 'auto',
      backupPassphrase: null,
      oldBackupPassphrase: null,
      backupRecipients: [],
      backupIdentity: null,
      vault: { kind: 'directory', path: '/backups' },
      supabaseUrl: null,
      s3Endpoint: null,
      ...changes,
    },
    layout: { root },
    clock: new FakeClock(),
    log: createLogger({ level: 'silent', clock: new FakeClock(), write: () => {} }),
  });

async function keyFile(directory: string, text = `# created today\n${identity}\n`): Promise<string> {
  const path = join(directory, 'key.txt');
  await writeFile(path, text);
  return path;
}

describe('encryption', () => {
  it('is none without a key', async () => {
    expect(await open()).toBeNull();
  });

  it('needs an identity alone: its own public key seals', async () => {
    const encryption = await open({ backupIdentity: identity });
    expect(encryption?.sealsFor).toEqual(encryption?.opens);
    expect(encryption?.opens).toHaveLength(1);
  });

  it('takes a file of keys, through a link too', async () => {
    const path = await keyFile(elsewhere);
    expect((await open({ backupIdentity: path }))?.opens).toHaveLength(1);
    const link = join(elsewhere, 'link');
    await symlink(path, link);
    expect((await open({ backupIdentity: link }))?.opens).toHaveLength(1);
  });

  it('seals for public keys that nobody here can open', async () => {
    expect(await open({ backupRecipients: [recipient] })).toMatchObject({ opens: [] });
  });

  it('that is switched off seals nothing and opens what there is', async () => {
    const encryption = await open({ encryption: 'off', backupIdentity: identity });
    expect(encryption?.sealsFor).toBeNull();
    expect(encryption?.opens).toHaveLength(1);
  });
});

describe('refused at the start is', () => {
  const refused = (message: RegExp) => ({ code: 'invalid_config', message: expect.stringMatching(message) });

  it('a key whose only copy is on the volume, however it is named', async () => {
    const path = await keyFile(root);
    await expect(open({ backupIdentity: path })).rejects.toMatchObject(refused(/lies on the volume/));
    const link = join(elsewhere, 'link');
    await symlink(path, link);
    await expect(open({ backupIdentity: link })).rejects.toMatchObject(refused(/lies on the volume/));
  });

  it('an identity that opens nothing of what would be sealed', async () => {
    const other = await identityToRecipient(await generateIdentity());
    await expect(open({ backupIdentity: identity, backupRecipients: [other] })).rejects.toMatchObject(
      refused(/opens none of the backups/),
    );
    expect(await open({ backupIdentity: identity, backupRecipients: [other, recipient] })).not.toBeNull();
  });

  it('a file that is not there, or holds something else, without its contents', async () => {
    await expect(open({ backupIdentity: join(elsewhere, 'none') })).rejects.toMatchObject(refused(/no file/));
    const path = await keyFile(elsewhere, 'hunter2');
    await expect(open({ backupIdentity: path })).rejects.toMatchObject(refused(/something else/));
    await expect(open({ backupIdentity: path })).rejects.toMatchObject({
      message: expect.not.stringContaining('hunter2'),
    });
  });

  it('a key that is mistyped', async () => {
    const mistyped = identity.slice(0, -1) + (identity.endsWith('Q') ? 'P' : 'Q');
    await expect(open({ backupIdentity: mistyped })).rejects.toMatchObject(refused(/mistyped/));
    await expect(open({ backupIdentity: identity.slice(0, 30) })).rejects.toMatchObject(refused(/mistyped/));
  });
});
