/**
 * The encryption port: what seals a stream of bytes before it leaves the machine, and what opens one. Backups are sealed
 * for keys, which have names that give nothing away; a manifest says for which. Carried out by src/encryption.
 */
export interface BackupEncryption {
  /** Names of the keys that archives are sealed for; null where they are written plain. */
  readonly sealsFor: readonly string[] | null;
  /** Names of the keys that are there to open with. */
  readonly opens: readonly string[];
  /** Throws `internal` where `sealsFor` is null. Ends with the signal's reason, or with what the bytes end with. */
  seal(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /**
   * Gives nothing that was not sealed: each piece is held against its seal before it comes out. Throws
   * `backup_key_missing` where no key here fits, an `ArchiveFault` where it was torn or altered.
   */
  open(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal): AsyncIterable<Uint8Array>;
}

/** The names of passphrases begin with it. They differ from one vault to the next, so they tell people which, and rule none out. */
export const passphraseName = 'passphrase-';

/** Whether what is sealed for these keys may be opened with those that are there. */
export function mayOpen(
  keys: readonly string[],
  encryption: Pick<BackupEncryption, 'opens'> | null,
): boolean {
  const opens = encryption?.opens ?? [];
  const isPassphrase = (key: string) => key.startsWith(passphraseName);
  return keys.some((key) => opens.includes(key) || (isPassphrase(key) && opens.some(isPassphrase)));
}

/** For a message: `the keys here are age-…`. */
export function keysHere(opens: readonly string[]): string {
  if (opens.length === 0) return 'there is no key here';
  return opens.length === 1 ? `the key here is ${opens[0]}` : `the keys here are ${opens.join(', ')}`;
}

/** What is sealed has this behind its name. */
export const sealedEnding = '.age';
