/** The settings of encryption: what backups are sealed for, and what opens them. */
import type { Fault } from './faults.ts';
import { oneOf, text } from './parsers.ts';
import { optional, type Parser, setting } from './setting.ts';
import { isRemote, type VaultAddress, vaultAddress } from './vault-address.ts';

/** Long, since its derivation is kept cheap enough for a small machine. */
const passphrase = text('a passphrase of 16 to 1024 characters', /^(?!\s)[^\p{Cc}]{16,1024}(?<!\s)$/u);

/** Separated by commas, each of them once. */
function list(expected: string, pattern: RegExp): Parser<readonly string[]> {
  return {
    expected,
    parse: (found) => {
      const parts = found.split(',').map((part) => part.trim());
      return parts.every((part) => pattern.test(part))
        ? { ok: true, value: [...new Set(parts)] }
        : { ok: false };
    },
    format: (values) => values.join(','),
  };
}

const recipients = list(
  'public keys of age (`age1…`), separated by commas',
  /^age1(pq1)?[02-9ac-hj-np-z]{50,4000}$/,
);

const secretKeys =
  /^(AGE-SECRET-KEY-(PQ-)?1[02-9AC-HJ-NP-Z]{50,200})(\s*,\s*AGE-SECRET-KEY-(PQ-)?1[02-9AC-HJ-NP-Z]{50,200})*$/;

export const encryptionSettings = {
  encryption: setting({
    env: 'VIGIL_BACKUP_ENCRYPTION',
    parser: oneOf('auto', 'off'),
    default: 'auto',
    section: 'backup',
    description:
      'Whether backups are encrypted. `auto`: as soon as there is a key for it; a vault outside of this machine is refused without one. `off`: not, wherever they go; those that were encrypted before can still be opened.',
  }),
  backupPassphrase: optional({
    env: 'VIGIL_BACKUP_PASSPHRASE',
    parser: passphrase,
    secret: true,
    absent: null,
    section: 'backup',
    description:
      'Passphrase that encrypts backups and opens them again. Keep a copy away from this machine: without it no backup can be opened.',
  }),
  oldBackupPassphrase: optional({
    env: 'VIGIL_BACKUP_OLD_PASSPHRASE',
    parser: passphrase,
    secret: true,
    absent: null,
    section: 'backup',
    description:
      'The passphrase before the present one, or before public keys: it opens older backups, and encrypts none.',
  }),
  backupRecipients: optional({
    env: 'VIGIL_BACKUP_RECIPIENTS',
    parser: recipients,
    absent: [],
    section: 'backup',
    description:
      'Public keys that backups are encrypted for; the identity of any one opens them. Several: for another person, or while keys are changed. Without it, those of `VIGIL_BACKUP_IDENTITY`.',
  }),
  backupIdentity: optional({
    env: 'VIGIL_BACKUP_IDENTITY',
    parser: text(
      'secret keys of age (`AGE-SECRET-KEY-1…`), separated by commas, or the path of a file with them',
      /^(AGE-SECRET-KEY-|\.{0,2}\/|[^~\s])\S(.{0,8000}\S)?$/s,
    ),
    secret: true,
    absent: null,
    section: 'backup',
    description:
      'Secret keys that open backups, as `age-keygen` makes them, or the path of a file with them. Old ones stay here as long as backups for them are kept. A file on the volume is refused: a key that is lost together with the volume opens nothing.',
  }),
} as const;

export interface EncryptionValues {
  readonly vault?: VaultAddress;
  readonly encryption?: 'auto' | 'off';
  readonly backupPassphrase?: string | null;
  readonly backupRecipients?: readonly string[];
  readonly backupIdentity?: string | null;
}

/** True where the text is keys and not the path of a file with them. */
export function isSecretKeys(text: string): boolean {
  return secretKeys.test(text);
}

/** Combinations that cannot work. What is only wrong by itself is said elsewhere. */
export function encryptionContradictions(values: EncryptionValues): Fault[] {
  const { vault, encryption, backupPassphrase, backupRecipients, backupIdentity } = values;
  const { backupPassphrase: first, backupRecipients: second, encryption: switched } = encryptionSettings;
  if (typeof backupPassphrase === 'string' && (backupRecipients?.length ?? 0) > 0) {
    const message = `${first.env}: expected either a passphrase or ${second.env}, since age does not encrypt for both; found both. To change from one to the other, keep the old passphrase as ${encryptionSettings.oldBackupPassphrase.env}.`;
    return [{ name: first.env, kind: 'malformed', message }];
  }
  const unread = [backupPassphrase, backupRecipients, backupIdentity].includes(undefined);
  const hasKey =
    typeof backupPassphrase === 'string' ||
    (backupRecipients?.length ?? 0) > 0 ||
    typeof backupIdentity === 'string';
  if (!vault || !isRemote(vault) || encryption !== 'auto' || unread || hasKey) return [];
  return [
    {
      name: first.env,
      kind: 'missing',
      message: `${first.env}: expected a passphrase or another key, since backups go to ${vaultAddress.format(vault)}, and each is a whole account; found none. ${switched.env}=off puts them there as they are.`,
    },
  ];
}
