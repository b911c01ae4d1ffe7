/**
 * The engine port: what runs one session's WhatsApp Web client. An engine lives inside a host process; the
 * daemon sees the same events and calls through the host's channel (src/host).
 *
 * Contract, held by every adapter (test/contracts/engine.ts):
 * - Nothing runs before `start`. An engine starts once; a new attempt is a new engine in a new host.
 * - `start` resolves once the page is up and its listeners are wired, which is before `ready` and also when a
 *   QR is shown. It rejects with an `EngineFailure`; whatever it had launched by then is gone first.
 * - Every call takes a signal and settles soon after it aborts. No call waits for the library without a bound.
 * - Events may repeat (`authenticated` and `ready` do after a reload) and mean nothing new the second time.
 * - `ready` is emitted only when the connection was up when it was asked; a device in conflict never is.
 * - After a `gone` or `logged_out` event, or after `close` or `kill`, no further event is emitted.
 * - `close` ends the browser so that it flushes the login, and returns when the browser's processes are gone.
 *   `kill` ends them at once. Both may be called at any time, repeatedly and during `start`.
 * - `snapshot` copies what the engine needs of its profile (engine/profile-layout.ts) while the browser is held still,
 *   and the browser runs on whatever comes of it: no browser is left standing still, not by a failure, an abort, a
 *   `close` or a `kill`, which let it run first. No process is stopped before the watcher has answered, and none stands
 *   still for longer than `longestFreeze`. It rejects with a `VigilError`: `snapshot_failed`, `profile_damaged`, or what
 *   the disk says; `target` may hold files then, which are the caller's to remove. One at a time: a second one rejects.
 *   The files of a copy may be links to those of the profile, so nobody writes to them.
 * - A probe that comes while the browser stands still waits until it runs again. It is no sign of a page that hangs.
 * - No engine ever deletes a profile.
 */
import type { SessionId } from '../session/id.ts';

export interface LaunchSpec {
  readonly session: SessionId;
  /** Directory that holds the profile; LocalAuth's `dataPath`. */
  readonly sessionsRoot: string;
  /** The profile's name in it: `session-<id>`, or `session`, as a LocalAuth without a `clientId` calls it. */
  readonly profile: string;
  /** The browser's executable. */
  readonly executable: string;
  /** All Chromium arguments: ours first, then the user's. */
  readonly args: readonly string[];
  /** Path of another whatsapp-web.js, or null for the one shipped. */
  readonly library: string | null;
  /** A pinned WhatsApp Web version and the directory that may hold it as `<version>.html`. */
  readonly webVersion: string | null;
  readonly webVersionsRoot: string;
  /** Name shown on the phone in the list of linked devices; null leaves the library's. */
  readonly deviceName: string | null;
  /** Absolute path of the module of a person's own code, called with the client before anything of it runs. */
  readonly bot: string | null;
  /** Names of the host's variables that are the bot's alone: browsers do not get them. */
  readonly botVariables: readonly string[];
  /** Milliseconds; see session/policy.ts for the values and their reasons. */
  readonly deadlines: {
    readonly browser: number;
    readonly navigation: number;
    readonly boot: number;
    /** For the bot to be loaded and to return. */
    readonly bot: number;
    readonly protocol: number;
    readonly close: number;
  };
}

export interface Account {
  /** Digits of the phone number, without `+`. */
  readonly phone: string | null;
  readonly name: string | null;
  readonly platform: string | null;
}

/** Why an engine ended by itself, or could not start. */
export type GoneCause =
  /** The browser process ended or its pipe closed. */
  | 'browser_crash'
  /** The page's renderer died (crash, out of memory). */
  | 'renderer_crash'
  /** The browser could not be launched at all. */
  | 'launch_failed'
  /** The profile is locked by another browser. */
  | 'profile_in_use'
  /** DNS, connection or navigation failed, or WhatsApp did not answer in time. */
  | 'unreachable'
  /** The page loaded but WhatsApp Web did not come up in it, or its socket never left OPENING. */
  | 'boot_failed'
  /** Another browser took the device over. */
  | 'conflict'
  /** WhatsApp says that this version of the web client is too old. */
  | 'version_too_old'
  /** WhatsApp blocks the account or the address (TOS_BLOCK, SMB_TOS_BLOCK, PROXYBLOCK). */
  | 'banned'
  | 'proxy_blocked'
  /** The page says that it is not linked without a farewell, or ended with a state that has no name here. */
  | 'refused'
  /** The engine's own code failed: an unhandled rejection, an exception, a broken library. */
  | 'engine_error'
  /** A person's own code beside the client failed: it did not load, threw, did not return, ended or blocked the host. */
  | 'bot_error';

/** What a bot asks for when it calls `initialize()`, `destroy()` or `logout()` of its client. */
export const botWishes = ['start', 'stop', 'logout'] as const;
export type BotWish = (typeof botWishes)[number];

export class EngineFailure extends Error {
  readonly why: GoneCause;
  /** The same as `why`: what is left of an error once it has crossed the host's channel. */
  readonly code: GoneCause;

  constructor(why: GoneCause, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'EngineFailure';
    this.why = why;
    this.code = why;
  }
}

/** The connection to WhatsApp; each engine puts its library's words into these. */
export type SocketState =
  | 'up'
  /** Not connected, and expected to come back by itself. */
  | 'down'
  /** Nobody has scanned yet, or the device is not linked any more. */
  | 'unpaired'
  /** A QR or code was accepted; the login is being made. */
  | 'pairing'
  /** Another browser runs as this device. */
  | 'conflict';

export type EngineEvent =
  /** The browser runs. `pid` leads its own process group. */
  | { readonly type: 'browser'; readonly pid: number; readonly version: string }
  /** A QR to scan. A credential: it goes to the surfaces that show it and nowhere else. */
  | { readonly type: 'qr'; readonly qr: string }
  /** A pairing code to type on the phone. A credential as well. */
  | { readonly type: 'code'; readonly code: string }
  /** QRs or codes have run out and the engine could not get new ones. */
  | { readonly type: 'pairing_idle' }
  | { readonly type: 'authenticated' }
  | { readonly type: 'loading'; readonly percent: number }
  | { readonly type: 'ready'; readonly account: Account; readonly webVersion: string | null }
  | { readonly type: 'socket'; readonly state: SocketState }
  /** The main frame began to navigate; what was evaluated in it fails meanwhile. */
  | { readonly type: 'navigating' }
  /** The phone or WhatsApp unlinked this device. The login on disk is worthless, and stays where it is. */
  | { readonly type: 'logged_out' }
  | { readonly type: 'gone'; readonly cause: GoneCause; readonly detail: string };

export type ProbeKind = 'heartbeat' | 'watchdog' | 'activity';

/** What a probe found. A page that does not answer within the probe's deadline is reported, never thrown. */
export interface ProbeReport {
  readonly page: 'answers' | 'navigating' | 'silent';
  /** Null when the page could not say. */
  readonly socket: SocketState | null;
  readonly synced: boolean;
  /** The library's functions are present in the page. */
  readonly bridge: boolean;
  /** Milliseconds since the last message or acknowledgement, or null when there was none. */
  readonly trafficAge: number | null;
  /** What went wrong, for the log; null when the page answered. */
  readonly detail: string | null;
}

export interface ProbeRequest {
  readonly kind: ProbeKind;
  /** Milliseconds for the page to answer. */
  readonly deadline: number;
  /** Heartbeats announce presence only when this is on. */
  readonly presence: boolean;
}

/** Milliseconds for which a browser may stand still. It notices nothing of ten seconds; this leaves room for luck. */
export const longestFreeze = 2_000;

/** A process by what names it for good; see system/processes.ts. */
export interface StoppedProcess {
  readonly pid: number;
  readonly startTime: number;
}

/** Somebody in another process, who sees to it that a browser runs again when its engine cannot. */
export interface FreezeWatcher {
  /** These will be stopped, and what they start meanwhile; the browser is the first. Rejects when nobody can watch. */
  watch(processes: readonly StoppedProcess[]): Promise<void>;
  /** All of them run again, or were never stopped. */
  release(): void;
}

export interface SnapshotReport {
  readonly method: 'frozen';
  /** Milliseconds that the browser stood still. */
  readonly pause: number;
  /** Version of the list of directories that were copied. */
  readonly layout: number;
  readonly files: number;
  /** How many of them are links to files of the profile. */
  readonly linked: number;
  /** Null where the engine has none, or does not know it yet. */
  readonly versions: {
    readonly library: string | null;
    readonly browser: string | null;
    readonly web: string | null;
  };
}

export interface Engine {
  start(spec: LaunchSpec, emit: (event: EngineEvent) => void, signal: AbortSignal): Promise<void>;
  probe(request: ProbeRequest, signal: AbortSignal): Promise<ProbeReport>;
  /** Asks for a pairing code for this phone (digits only); codes then come as events. */
  requestPairingCode(phone: string, signal: AbortSignal): Promise<void>;
  /** Unlinks the device at WhatsApp and ends the browser. */
  logout(signal: AbortSignal): Promise<void>;
  /**
   * `target` is missing or empty, and the directory that holds it is there. Where it lies on the profile's own file
   * system, files that never change again are linked instead of copied.
   */
  snapshot(target: string, watcher: FreezeWatcher, signal: AbortSignal): Promise<SnapshotReport>;
  close(signal: AbortSignal): Promise<void>;
  kill(): Promise<void>;
  /**
   * Whether a rejection or exception that nobody handled belongs to something that the engine deals with by
   * itself, such as a page that loads anew. Anything else ends the host.
   */
  isHarmless(reason: unknown): boolean;
}
