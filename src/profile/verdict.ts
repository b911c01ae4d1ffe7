/**
 * What a look at a profile came to. Structure alone is not enough: a logout wipes contents and leaves sound files,
 * so a verdict says besides what there is to show for a login.
 */

/**
 * What shows that a profile holds a login: names and counts, never values. Recorded when a session settles and in
 * the manifest of each backup; compared by `missingEvidence` (profile/verification/evidence.ts).
 */
export interface LoginEvidence {
  /** Names of the engine's login keys that Local Storage holds, sorted. */
  readonly loginKeys: readonly string[];
  /** IndexedDB databases of the engine's origin, sorted by name. */
  readonly databases: readonly DatabaseEvidence[];
}

export interface DatabaseEvidence {
  readonly name: string;
  /** Sorted by name. */
  readonly stores: readonly StoreEvidence[];
}

export interface StoreEvidence {
  readonly name: string;
  readonly empty: boolean;
  /** Null where nobody counted. */
  readonly records: number | null;
}

/**
 * `structural`: files, sizes, logs, evidence. `deep`: every block's checksum as well. `counted`: besides, every block
 * is unpacked and every record counted; that takes several times as long where records are small and compress well.
 */
export type Depth = 'structural' | 'deep' | 'counted';

export type ProfileVerdict =
  | {
      readonly soundness: 'sound';
      readonly evidence: LoginEvidence;
      /** What was tolerated, a sentence each: a torn last record of a log, for one. */
      readonly warnings: readonly string[];
    }
  /** There is no profile, or nothing in it that the engine needs. */
  | { readonly soundness: 'absent'; readonly problem: string }
  /** Sound files that hold no login, or less of one than was recorded. */
  | { readonly soundness: 'no_login'; readonly problem: string; readonly evidence: LoginEvidence }
  /** Something is missing or broken. */
  | { readonly soundness: 'damaged'; readonly problem: string }
  /** A layout that this version cannot read: nobody knows. Never treated as sound. */
  | { readonly soundness: 'unverifiable'; readonly problem: string };
