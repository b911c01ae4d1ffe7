/**
 * What backups are encrypted with, from the settings to keys that are known to work: refused at the start rather than
 * found out when a backup is needed.
 */
import { realpath } from 'node:fs/promises';
import { relative } from 'node:path';
import type { BackupEncryption } from '../backup/encryption.ts';
import { encryptionSettings, isSecretKeys } from '../config/encryption-settings.ts';
import type { Settings } from '../config/settings.ts';
import { vaultAddress } from '../config/vault-address.ts';
import { AgeEncryption } from '../encryption/age-encryption.ts';
import { recipientOf } from '../encryption/keys.ts';
import { toVigilError, VigilError } from '../errors.ts';
import { registerSecret } from '../log/secrets.ts';
import type { Logger } from '../log.ts';
import type { Clock } from '../system/clock.ts';
import { alarm } from '../system/deadline.ts';
import { readText } from '../system/read-text.ts';
import type { VolumeLayout } from '../volume/layout.ts';

export interface OpenEncryptionOptions {
  readonly settings: Pick<
    Settings,
    | 'encryption'
    | 'backupPassphrase'
    | 'oldBackupPassphrase'
    | 'backupRecipients'
    | 'backupIdentity'
    | 'vault'
    | 'supabaseUrl'
    | 's3Endpoint'
  >;
  readonly layout: Pick<VolumeLayout, 'root'>;
  readonly clock: Clock;
  readonly log: Pick<Logger, 'warn'>;
}

const identitySetting = encryptionSettings.backupIdentity.env;
/** Bytes of a file of keys. */
const largest = 65_536;
/** Milliseconds for sealing a few bytes and opening them, on a machine that starts everything at once. */
const patience = 60_000;

/** Null where there is no key at all. Throws `invalid_config` for keys that would not bring a backup back. */
export async function openEncryption({
  settings,
  layout,
  clock,
  log,
}: OpenEncryptionOptions): Promise<BackupEncryption | null> {
  const { backupPassphrase, oldBackupPassphrase, backupRecipients } = settings;
  const identities = await identitiesOf(settings.backupIdentity, layout);
  const passphrases = [backupPassphrase, oldBackupPassphrase].filter((one) => one !== null);
  for (const secret of [...identities, ...passphrases]) registerSecret(secret);
  if (identities.length + passphrases.length + backupRecipients.length === 0) return null;
  const seals =
    settings.encryption === 'auto' &&
    backupRecipients.length + identities.length + (backupPassphrase ? 1 : 0) > 0;
  // Whoever names only what opens means to be able to open what is written from now on.
  const recipients = backupPassphrase ? [] : await recipientsOf(backupRecipients, identities);
  const { vault, supabaseUrl, s3Endpoint } = settings;
  const service = { directory: null, supabase: supabaseUrl, s3: s3Endpoint }[vault.kind];
  const place = [vaultAddress.format(vault), ...(service === null ? [] : [service])].join(' at ');
  const encryption = await AgeEncryption.with(
    { recipients, identities, passphrases },
    { seals, place },
  ).catch((error: unknown) => {
    throw refusal(`One of the keys is not one that age understands: ${toVigilError(error).message}`);
  });
  if (encryption.sealsFor === null) return encryption;
  if (encryption.opens.length === 0) {
    log.warn(
      { keys: encryption.sealsFor },
      `Backups are encrypted for keys whose identity is not here: nothing can be restored by itself. ${identitySetting} names it.`,
    );
    return encryption;
  }
  await requireCanary(encryption, clock);
  return encryption;
}

async function recipientsOf(
  given: readonly string[],
  identities: readonly string[],
): Promise<readonly string[]> {
  if (given.length > 0) return given;
  return Promise.all(
    identities.map((identity) =>
      recipientOf(identity).catch(() => {
        throw refusal('One of its keys is mistyped: its checksum does not fit.');
      }),
    ),
  );
}

async function identitiesOf(
  text: string | null,
  layout: Pick<VolumeLayout, 'root'>,
): Promise<readonly string[]> {
  if (text === null) return [];
  if (isSecretKeys(text)) return text.split(',').map((one) => one.trim());
  if (text.startsWith('AGE-SECRET-KEY-')) throw refusal('It is no secret key of age: mistyped, or cut off.');
  const file = await realpath(text).catch(() => {
    throw refusal(`There is no file ${text}.`);
  });
  await requireElsewhere(text, file, layout);
  const read = await readText(file, largest, 'read-identity').catch((error: unknown) => {
    throw refusal(`The file ${text} cannot be read: ${toVigilError(error).message}`);
  });
  if (read === null || 'problem' in read)
    throw refusal(`The file ${text} cannot be used: ${read === null ? 'it is gone' : read.problem}.`);
  const lines = read.text.split('\n').map((line) => line.trim());
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#'));
  if (keys.length > 0 && keys.every(isSecretKeys)) return keys;
  throw refusal(`The file ${text} holds something else than secret keys of age, one a line.`);
}

/** By where it really lies: a link to the volume is the volume. */
async function requireElsewhere(
  path: string,
  file: string,
  { root }: Pick<VolumeLayout, 'root'>,
): Promise<void> {
  const volume = await realpath(root).catch(() => root);
  if (relative(volume, file).split('/')[0] === '..') return;
  throw refusal(
    `The file ${path} lies on the volume: when that is lost, so is the key, and no backup can be opened.`,
    `Keep it elsewhere, and a copy away from this machine; or set the key itself as ${identitySetting}.`,
  );
}

/** Sealed and opened again, in memory. */
async function requireCanary(encryption: BackupEncryption, clock: Clock): Promise<void> {
  const late = alarm(clock, patience, 'trying the keys');
  const { signal } = late;
  const canary = Buffer.from('a backup that nobody can open is none');
  const opened: Uint8Array[] = [];
  try {
    const sealed = encryption.seal(piecesOf(canary), signal);
    for await (const piece of encryption.open(sealed, signal)) opened.push(piece);
  } catch (error) {
    if (!(error instanceof VigilError) || error.code !== 'backup_key_missing') throw error;
  } finally {
    late.cancel();
  }
  if (canary.equals(Buffer.concat(opened))) return;
  const wanted = (encryption.sealsFor ?? []).join(', ');
  throw refusal(
    `It opens none of the backups that would be taken: they are encrypted for ${wanted}, and the keys here are ${encryption.opens.join(', ')}.`,
    `Add the identity of one of ${encryptionSettings.backupRecipients.env} to ${identitySetting}, or its public key to the former.`,
  );
}

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function refusal(problem: string, remedy?: string): VigilError {
  return new VigilError('invalid_config', `${identitySetting}: ${problem}`, {
    subject: identitySetting,
    ...(remedy === undefined ? {} : { remedy }),
  });
}
