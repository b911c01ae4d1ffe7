/** What goes between the main thread and the one that encrypts. */
export interface WorkerTask {
  readonly work: 'seal' | 'open';
  /** `age1…`; for sealing. */
  readonly recipients: readonly string[];
  /** `AGE-SECRET-KEY-…`; for opening. */
  readonly identities: readonly string[];
  /** For sealing the only one, for opening any number. */
  readonly passphrases: readonly string[];
}

/** `taken`: one piece that the other side sent was used up, and another may be sent. */
export type ToWorker =
  | { readonly type: 'piece'; readonly bytes: Uint8Array }
  | { readonly type: 'end' }
  | { readonly type: 'taken' };

export type FromWorker =
  | { readonly type: 'piece'; readonly bytes: Uint8Array }
  | { readonly type: 'end' }
  | { readonly type: 'taken' }
  | { readonly type: 'failed'; readonly why: 'no-key' | 'torn'; readonly message: string };

/** Pieces of each direction that may be on their way: enough to keep both sides busy, and no more memory than that. */
export const inFlight = 8;

/**
 * Work factor of passphrases, as a power of two: 32 MiB and some tenths of a second for each try. Higher ones take
 * memory that belongs to browsers; the length that is asked of a passphrase makes up for it.
 */
export const passphraseCost = 15;

/** What is still opened: age's own choice, 256 MiB. What asks for more was made to do harm. */
export const mostPassphraseCost = 18;
