/**
 * The hosts port: one child process per session, seen from the daemon. What runs in it is an engine
 * (engine/engine.ts); its crash, leak or endless loop is its own.
 */
import type { BotFault, BotLine } from '../bot/bots.ts';
import type {
  BotWish,
  EngineEvent,
  LaunchSpec,
  ProbeReport,
  ProbeRequest,
  SnapshotReport,
} from '../engine/engine.ts';

/** What a host says: its engine's events, and the end of the process itself. */
export type HostEvent =
  | EngineEvent
  /** The process is gone; nothing follows. `expected`: it had been asked to. */
  | { readonly type: 'exit'; readonly expected: boolean; readonly detail: string }
  /** A line that the host or something in it wrote. Foreign text: scrub it before it goes anywhere. */
  | { readonly type: 'output'; readonly line: string }
  /** Of a bot; foreign text as well. */
  | ({ readonly type: 'bot_line' } & BotLine)
  | ({ readonly type: 'bot_fault' } & BotFault)
  /** Also while the host is being closed: a bot may ask for a start after it has asked for a stop. */
  | { readonly type: 'bot_asked'; readonly wish: BotWish };

export interface Host {
  /** Null until the process exists. */
  readonly pid: number | null;
  /**
   * Never rejects; a host that does not answer is a silent page. While the browser stands still for a snapshot nothing
   * is asked: the answer comes once it runs again, some two seconds later at the most.
   */
  probe(request: ProbeRequest): Promise<ProbeReport>;
  requestPairingCode(phone: string): Promise<void>;
  /** Unlinks the device at WhatsApp; rejects when that is not known to have happened. */
  unlink(): Promise<void>;
  /**
   * Copies what the engine needs of its profile to `target` (see the engine port) while the browser stands still.
   * Rejects with a `VigilError`, or with the signal's reason; `target` may hold files then, which are the caller's to
   * remove. The browser runs on whatever comes of it, or is gone with its host.
   */
  snapshot(target: string, signal?: AbortSignal): Promise<SnapshotReport>;
  /**
   * Ends engine and process: cleanly within the engine's deadline, else by force. Resolves, always and within
   * that deadline plus a few seconds, when the process is gone. May be called repeatedly.
   */
  close(): Promise<void>;
  /** Ends the process at once, and a browser with it that stands still. */
  kill(): void;
}

export interface Hosts {
  /** Returns at once; a host that cannot be started ends with a `gone` event. */
  launch(spec: LaunchSpec, observe: (event: HostEvent) => void): Host;
}
