/** Keys as age writes them, and names for them that give nothing away. */
import { createHash, scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { identityToRecipient } from 'age-encryption';
import { passphraseName } from '../backup/encryption.ts';
import { passphraseCost } from './worker-protocol.ts';

export interface Keys {
  /** `age1…`: whoever holds one of their identities can open. Empty with a passphrase, or where nothing is sealed. */
  readonly recipients: readonly string[];
  /** `AGE-SECRET-KEY-…`. */
  readonly identities: readonly string[];
  /** The one that seals, where there are no recipients, first. */
  readonly passphrases: readonly string[];
}

/** Of a recipient: the first digits of its hash. Recipients are public, but say nothing to a person. */
export function recipientKey(recipient: string): string {
  return `age-${createHash('sha256').update(recipient).digest('hex').slice(0, 12)}`;
}

/** The public half of an identity. Throws where it is none. */
export const recipientOf: (identity: string) => Promise<string> = identityToRecipient;

/** Throws where it is none. */
export async function identityKey(identity: string): Promise<string> {
  return recipientKey(await recipientOf(identity));
}

/**
 * Of a passphrase: a few digits of what age itself would derive from it, as expensive for each guess as an archive, too
 * few to tell the right one from a million others, and of no use elsewhere: `place`, where the backups go, is its salt.
 */
export async function passphraseKey(passphrase: string, place: string): Promise<string> {
  const derive = promisify<string, string, number, object, Buffer>(scrypt);
  const cost = 2 ** passphraseCost;
  const bytes = await derive(passphrase, `wa-vigil: name of a passphrase for ${place}`, 4, {
    N: cost,
    r: 8,
    p: 1,
    maxmem: 256 * cost * 8,
  });
  return `${passphraseName}${bytes.toString('hex').slice(0, 5)}`;
}
