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

/** What is sealed has this behind its name. */
export const sealedEnding = '.age';
