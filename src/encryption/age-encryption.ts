/** Backups sealed with age, so that stock `age -d` opens them without this program. */
import { ArchiveFault } from '../backup/archive-fault.ts';
import { type BackupEncryption, keysHere } from '../backup/encryption.ts';
import { VigilError } from '../errors.ts';
import { identityKey, type Keys, passphraseKey, recipientKey } from './keys.ts';
import { throughWorker, WorkFailed } from './through-worker.ts';

export class AgeEncryption implements BackupEncryption {
  readonly sealsFor: readonly string[] | null;
  readonly opens: readonly string[];
  readonly #keys: Keys;
  readonly #seals: boolean;

  private constructor(
    keys: Keys,
    names: { readonly sealsFor: readonly string[] | null; readonly opens: readonly string[] },
  ) {
    this.sealsFor = names.sealsFor;
    this.opens = names.opens;
    this.#seals = names.sealsFor !== null;
    this.#keys = keys;
  }

  /**
   * `seals` false: archives are written plain, and those that were sealed before can still be opened. `place`: where they
   * go, the same at each start.
   */
  static async with(
    keys: Keys,
    { seals, place }: { readonly seals: boolean; readonly place: string },
  ): Promise<AgeEncryption> {
    const { recipients, identities, passphrases } = keys;
    const [first] = passphrases;
    const sealing =
      recipients.length > 0 ? recipients.map(recipientKey) : first ? [await passphraseKey(first, place)] : [];
    const opens = await Promise.all([
      ...identities.map(identityKey),
      ...passphrases.map((one) => passphraseKey(one, place)),
    ]);
    return new AgeEncryption(keys, { sealsFor: seals && sealing.length > 0 ? sealing : null, opens });
  }

  async *seal(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    if (!this.#seals) throw new VigilError('internal', 'Nothing is to be sealed.');
    const { recipients, passphrases } = this.#keys;
    yield* throughWorker(
      bytes,
      {
        work: 'seal',
        recipients,
        identities: [],
        passphrases: recipients.length > 0 ? [] : passphrases.slice(0, 1),
      },
      signal,
    );
  }

  async *open(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    const { identities, passphrases } = this.#keys;
    try {
      yield* throughWorker(bytes, { work: 'open', recipients: [], identities, passphrases }, signal);
    } catch (error) {
      if (!(error instanceof WorkFailed)) throw error;
      throw error.why === 'no-key'
        ? keyMissing(this.opens)
        : new ArchiveFault('its encryption is torn or was altered');
    }
  }
}

function keyMissing(opens: readonly string[]): VigilError {
  return new VigilError('backup_key_missing', `It is encrypted, and ${keysHere(opens)}.`);
}
