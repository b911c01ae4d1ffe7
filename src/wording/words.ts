/** How a session's status and reason are said to people, on pages and on the command line. */
import { reasons } from '../session/reasons.ts';
import type { SessionView } from '../session/session-view.ts';
import type { FailureReason } from '../session/state.ts';
import type { Status } from '../session/status.ts';

export type Tone = 'good' | 'busy' | 'asking' | 'idle' | 'bad';

interface StatusWords {
  readonly tone: Tone;
  /** One or two words, for lists. */
  readonly short: string;
  readonly headline: string;
  readonly detail: string;
}

export const statusWords: Readonly<Record<Status, StatusWords>> = {
  stopped: {
    tone: 'idle',
    short: 'stopped',
    headline: 'Stopped',
    detail: 'It stays stopped until somebody starts it.',
  },
  initializing: {
    tone: 'busy',
    short: 'starting',
    headline: 'Starting …',
    detail: 'The browser is being prepared. This takes up to a minute.',
  },
  recovering: {
    tone: 'busy',
    short: 'recovering',
    headline: 'Coming back …',
    detail: 'It was interrupted and is being brought back. Nothing to do.',
  },
  qr_ready: {
    tone: 'asking',
    short: 'needs pairing',
    headline: 'Link a phone',
    detail: 'In WhatsApp: Settings (iPhone) or the menu ⋮ (Android), Linked devices, Link a device.',
  },
  authenticating: {
    tone: 'busy',
    short: 'linking',
    headline: 'Linked, synchronising …',
    detail: 'Keep the phone online until this is done.',
  },
  ready: { tone: 'good', short: 'online', headline: 'Linked: online', detail: 'Nothing to do.' },
  disconnected: {
    tone: 'idle',
    short: 'waiting',
    headline: 'Waiting for the next try',
    detail: 'Several tries in a row did not succeed; it tries again by itself.',
  },
  failed: { tone: 'bad', short: 'failed', headline: 'Needs a person', detail: '' },
};

/** A sentence for a reason; one that has none is shown as it is. */
export function reasonWords(reason: string): string {
  if (reason === 'record_unusable') return 'Its record on the volume cannot be used, so it is kept stopped.';
  return Object.hasOwn(reasons, reason)
    ? reasons[reason as keyof typeof reasons].meaning
    : reason.replaceAll('_', ' ');
}

/** Reasons after which only a new scan helps; after the others the login on the volume is still good. */
const needsNewLink: ReadonlySet<string> = new Set<FailureReason>([
  'logged_out',
  'pairing_expired',
  'no_sound_profile',
]);

/** What a person can sensibly ask of a session as it stands. */
export function nextStep(session: SessionView): 'start' | 'pair' | null {
  if (session.status === 'failed') return needsNewLink.has(session.reason ?? '') ? 'pair' : 'start';
  if (session.status === 'stopped') return session.phone === null ? 'pair' : 'start';
  return null;
}
