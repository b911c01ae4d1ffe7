/**
 * The hosts port: one child process per session, seen from the daemon. What runs in it is an engine
 * (engine/engine.ts); its crash, leak or endless loop is its own.
 */
import type { EngineEvent, LaunchSpec, ProbeReport, ProbeRequest } from '../engine/engine.ts';

/** What a host says: its engine's events, and the end of the process itself. */
export type HostEvent =
  | EngineEvent
  /** The process is gone; nothing follows. `expected`: it had been asked to. */
  | { readonly type: 'exit'; readonly expected: boolean; readonly detail: string }
  /** A line that the host or something in it wrote. Foreign text: scrub it before it goes anywhere. */
  | { readonly type: 'output'; readonly line: string };

export interface Host {
  /** Null until the process exists. */
  readonly pid: number | null;
  /** Never rejects; a host that does not answer is a silent page. */
  probe(request: ProbeRequest): Promise<ProbeReport>;
  requestPairingCode(phone: string): Promise<void>;
  /** Unlinks the device at WhatsApp; rejects when that is not known to have happened. */
  unlink(): Promise<void>;
  /**
   * Ends engine and process: cleanly within the engine's deadline, else by force. Resolves, always and within
   * that deadline plus a few seconds, when the process is gone. May be called repeatedly.
   */
  close(): Promise<void>;
  /** Ends the process at once. */
  kill(): void;
}

export interface Hosts {
  /** Returns at once; a host that cannot be started ends with a `gone` event. */
  launch(spec: LaunchSpec, observe: (event: HostEvent) => void): Host;
}
