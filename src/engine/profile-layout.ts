/**
 * What of a profile an engine needs to be logged in again: the allow-list of a backup, and where the evidence of
 * a login is to be looked for. It belongs to the engine; the version rises when the list changes.
 */
export interface ProfileLayout {
  readonly version: number;
  /** Directories relative to the profile; nothing else goes into a backup or stays in quarantine. */
  readonly essential: readonly EssentialDirectory[];
  /**
   * Where browsers keep the same in a form that is not read here (yet). A profile that has one of these may hold its
   * login there: nothing of it is taken for superfluous.
   */
  readonly otherForms?: readonly string[];
  /** Whose storage holds the login, as browsers write an origin: `https://web.whatsapp.com`. */
  readonly origin: string;
  /**
   * Keys in Local Storage that only a login leaves behind. Others (noise keys, a browser id) are there as soon as a
   * QR is shown and prove nothing.
   */
  readonly loginKeys: readonly string[];
  /** The key whose value names the linked device: equal in two copies of one login, and in no other. */
  readonly deviceKey: string;
}

export interface EssentialDirectory {
  /** With `/` between its parts: `Default/Local Storage`. */
  readonly path: string;
  readonly kind: 'indexed-db' | 'local-storage' | 'session-storage';
  /** Whether a sound verdict needs it. What is not needed is checked where it is there. */
  readonly required: boolean;
}
