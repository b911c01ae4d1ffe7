/**
 * The states of a session, what can happen to it, and what the machine asks to be done. Data only:
 * transition.ts decides, session.ts does.
 *
 * A state carries its own data and nothing else; what must survive a restart is in the record.
 */
import type { Account, BotWish, GoneCause, ProbeKind, SocketState } from '../engine/engine.ts';
import type { VigilError } from '../errors.ts';
import type { LoginEvidence } from '../profile/verdict.ts';
import type { Health } from './liveness.ts';

/** Only a person helps. */
export type FailureReason =
  | 'logged_out'
  | 'banned'
  | 'conflict'
  | 'pairing_expired'
  | 'no_sound_profile'
  | 'bot_error';

/** What took a session out of `online`, or kept it from getting there. Passes by itself or by trying again. */
export type FaultCause =
  | Exclude<GoneCause, 'banned'>
  /** The host process ended without a word. */
  | 'host_exit'
  /** The page does not answer. */
  | 'hang'
  /** The page answers, but WhatsApp's socket is not connected. */
  | 'offline'
  /** The library's functions are gone from the page. */
  | 'bridge_lost'
  /** The page began to load anew and did not come back. */
  | 'navigation'
  /** Neither a QR nor a login within the launch deadline, or no end of the synchronisation. */
  | 'never_ready'
  /** The profile cannot be prepared: permissions, a full disk, an orphan that does not die. */
  | 'profile_unready'
  /** Verification found it damaged, without its login, or gone; a backup takes its place. */
  | 'profile_damaged'
  /** It cannot be read, or its layout is not known: neither started on nor replaced. */
  | 'profile_unverifiable'
  /** A newer browser than ours wrote the profile, and ours might destroy it. */
  | 'profile_too_new'
  /** A QR where a login was expected: one backup is tried before that counts as a logout. */
  | 'login_refused'
  /** A backup is needed, and the vault does not answer. */
  | 'vault_unreachable'
  /** A backup is needed and there is one, encrypted for a key that is not here. */
  | 'key_missing'
  /** A backup is needed and was taken, but the vault lists none that may be tried. */
  | 'backups_missing'
  /** The right to run the session was refused or lost. */
  | 'ownership'
  /** The same, since another installation owns the vault that holds it and may run it. */
  | 'vault_owned'
  /** The bot asked for a restart, and had asked for several a moment before. */
  | 'bot_restart';

export type LossCause = Extract<FaultCause, 'ownership' | 'vault_owned'>;

/** What was found in a profile's place before a launch. */
export type Prepared =
  | { readonly profile: 'sound'; readonly evidence: LoginEvidence }
  /** A login was expected, and this is not one that a browser may be started on. */
  | { readonly profile: 'unsound'; readonly problem: string }
  /** None, or one that never held a login. */
  | { readonly profile: 'fresh' };

/** Where `stopping` goes once no browser is left. */
export type Next =
  /** `by`: the bot asked for it, and may think better of it until the browser is gone. */
  | { readonly to: 'stopped'; readonly by?: 'bot' }
  /** Start again: at once after a person's restart, a seal, or a first fault. */
  | { readonly to: 'claiming'; readonly cause: FaultCause | null }
  | { readonly to: 'resting'; readonly cause: FaultCause; readonly delay: number }
  | { readonly to: 'failed'; readonly reason: FailureReason };

export interface Restoring {
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** It takes long, and has given its place among the starting ones to another. */
  readonly yielded: boolean;
}

export type State =
  | { readonly name: 'stopped' }
  /** Waiting for the right to run it, and for room to start it. `cause`: the fault that led here. */
  | { readonly name: 'claiming'; readonly cause: FaultCause | null }
  | {
      readonly name: 'preparing';
      readonly cause: FaultCause | null;
      /** A backup is on its way into the profile's place; null while none is. */
      readonly restoring: Restoring | null;
    }
  | { readonly name: 'launching'; readonly cause: FaultCause | null }
  /** A QR or a code is shown; a person is awaited. */
  | { readonly name: 'pairing' }
  /** `scanned`: the login was made in this very browser, so it is not safe on disk yet. */
  | {
      readonly name: 'syncing';
      readonly scanned: boolean;
      readonly cause: FaultCause | null;
      /** Milliseconds since the epoch; a page that starts over and over again is not waited for for ever. */
      readonly since: number;
    }
  /** A new login works; the browser is about to be closed cleanly, which flushes it. */
  | { readonly name: 'sealing' }
  | { readonly name: 'online' }
  /** Something is wrong and may pass. `failed`: a probe has said so, not only an event. */
  | { readonly name: 'suspect'; readonly cause: FaultCause; readonly failed: boolean }
  | { readonly name: 'resting'; readonly cause: FaultCause; readonly until: number }
  | { readonly name: 'stopping'; readonly next: Next }
  | { readonly name: 'failed'; readonly reason: FailureReason };

/** A backup, as a record remembers it: one that was taken, or one that was put in place. */
export interface BackupMark {
  readonly id: string;
  /** ISO time of the copy, or of the restore. */
  readonly at: string;
}

export type RestoreChoice =
  | { readonly backup: string }
  /** The newest verified one of this login that is none of these. */
  | { readonly except: readonly string[] };

export type StateName = State['name'];

export type SessionEvent =
  // A person, or the supervisor on their behalf.
  | { readonly type: 'start' }
  | { readonly type: 'stop' }
  | { readonly type: 'restart' }
  | { readonly type: 'pair' }
  | { readonly type: 'logout' }
  /** Put this backup in the profile's place. */
  | { readonly type: 'restore'; readonly backup: string; readonly imported?: true }
  /** The daemon is shutting down: close, and stay wanted. */
  | { readonly type: 'drain' }
  /** The bot, which is no person: it ends no failure and cuts no rest short. */
  | { readonly type: 'bot_asked'; readonly wish: BotWish }
  // What effects came to.
  | { readonly type: 'claimed'; readonly epoch: number }
  | { readonly type: 'ownership_lost'; readonly cause: LossCause }
  | { readonly type: 'prepared'; readonly found: Prepared }
  /** `error`: for whoever has asked for a restore. */
  | {
      readonly type: 'prepare_failed';
      readonly cause: FaultCause;
      readonly detail: string;
      readonly error?: VigilError;
    }
  /** `quarantined`: where what was there lies now; null when there was nothing. */
  | {
      readonly type: 'restored';
      readonly backup: BackupMark;
      readonly evidence: LoginEvidence;
      readonly quarantined: string | null;
    }
  /** A restore has come further, or a backup before an upgrade begins. */
  | { readonly type: 'progressed' }
  /** The vault answered, and holds nothing that may be tried. */
  | { readonly type: 'restore_impossible'; readonly detail: string }
  | {
      readonly type: 'restore_failed';
      readonly cause: FaultCause;
      readonly detail: string;
      readonly error?: VigilError;
    }
  | {
      readonly type: 'backed_up';
      readonly backup: BackupMark;
      /** It is kept, and counts for less than the good ones before it. */
      readonly demoted: boolean;
      readonly evidence: LoginEvidence;
      /** What the record said when it was begun; the login may be another by now. */
      readonly of: { readonly pairedAt: number | null; readonly restored: BackupMark | null };
    }
  | { readonly type: 'backup_failed'; readonly detail: string }
  | { readonly type: 'unlinked' }
  | { readonly type: 'closed' }
  | { readonly type: 'quarantined' }
  /** It stays where it is, still forfeited; the next start tries again before anything else. */
  | { readonly type: 'quarantine_failed'; readonly detail: string }
  // The engine.
  | { readonly type: 'pairing_offered' }
  | { readonly type: 'pairing_idle' }
  | { readonly type: 'authenticated' }
  | { readonly type: 'loading' }
  | { readonly type: 'ready'; readonly account: Account }
  | { readonly type: 'socket'; readonly state: SocketState }
  | { readonly type: 'navigating' }
  | { readonly type: 'logged_out' }
  | { readonly type: 'gone'; readonly cause: GoneCause | 'host_exit'; readonly detail: string }
  // Probes and the state's own timer.
  | { readonly type: 'probed'; readonly kind: ProbeKind; readonly health: Health }
  | { readonly type: 'timeout' };

export type EventType = SessionEvent['type'];

/** What the machine asks for. Each ends in an event; none blocks the mailbox. */
export type Effect =
  /** Own the session and wait for room among the starting ones → `claimed`. */
  | { readonly type: 'claim' }
  /** Nobody else on the profile, locks stripped, a worthless profile in quarantine, the rest verified → `prepared`. */
  | { readonly type: 'prepare' }
  /** This backup, or the newest that may be tried, into the profile's place → `restored` and the like. */
  | { readonly type: 'restore'; readonly choice: RestoreChoice }
  /** A backup of the session as it runs → `backed_up` or `backup_failed`. */
  | { readonly type: 'backup' }
  | { readonly type: 'launch' }
  /** End host and browser within a bound, whatever they do → `closed`. Abandons what is under way. */
  | { readonly type: 'close' }
  /** Unlink the device at WhatsApp → `unlinked`. */
  | { readonly type: 'unlink' }
  /** Move the forfeited profile away → `quarantined` or `quarantine_failed`. */
  | { readonly type: 'quarantine' }
  /** Ask the page now instead of at the next tick → `probed`. */
  | { readonly type: 'probe' }
  /** The state's own timer → `timeout`. It dies with the state; arming again replaces it. */
  | { readonly type: 'timer'; readonly ms: number }
  | { readonly type: 'incident'; readonly step: string; readonly cause: string }
  | { readonly type: 'incident_over'; readonly outcome: 'recovered' | 'stopped' };

/** States in which a start takes a place among the bounded number of concurrent ones. */
export function isStarting(state: State): boolean {
  switch (state.name) {
    case 'preparing':
      return !state.restoring?.yielded;
    case 'launching':
      return true;
    case 'syncing':
      return !state.scanned;
    default:
      return false;
  }
}

/** States in which the probes ask the engine. */
export function isProbed(state: State): boolean {
  return state.name === 'online' || state.name === 'suspect' || state.name === 'sealing';
}

/** States that hold no right to run the session and have no browser. */
export function isAtRest(state: State): boolean {
  return state.name === 'stopped' || state.name === 'failed';
}
