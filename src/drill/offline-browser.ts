/**
 * A real browser that opens an unpacked profile and reaches nobody: what WhatsApp never hears of cannot harm the session
 * whose profile it is, whose own browser may run meanwhile.
 */
import type { LoginEvidence } from '../profile/verdict.ts';

export interface OfflineLook {
  /** A directory of ours with `Default/…` in it. The browser writes into it; whoever made it removes it. */
  readonly profile: string;
  /** `https://web.whatsapp.com`. */
  readonly origin: string;
  /** Names that are looked for in Local Storage. */
  readonly loginKeys: readonly string[];
}

/** Names and counts, never values. */
export interface OfflineFindings extends LoginEvidence {
  /** What the browser could not open, the rest of a sentence each: `model-storage does not open (UnknownError)`. */
  readonly problems: readonly string[];
}

export interface OfflineBrowser {
  /** `156.0.8078.79`. Throws `chromium_not_found` and the like. */
  version(signal: AbortSignal): Promise<string>;
  /**
   * No process of it is left when this settles. Throws `drill_incomplete` where it does not start, ends or does not
   * answer in time, which says nothing about the profile; rejects with the signal's reason.
   */
  look(look: OfflineLook, signal: AbortSignal): Promise<OfflineFindings>;
}
