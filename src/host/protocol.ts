/** What daemon and host say to each other over their channel (src/ipc), in one place for both ends. */
import type { EngineEvent, LaunchSpec, ProbeReport, ProbeRequest } from '../engine/engine.ts';

/** Requests of the daemon, by name. */
export interface Requests {
  readonly start: { readonly params: LaunchSpec; readonly result: null };
  readonly probe: { readonly params: ProbeRequest; readonly result: ProbeReport };
  readonly code: { readonly params: { readonly phone: string }; readonly result: null };
  readonly unlink: { readonly params: null; readonly result: null };
  readonly close: { readonly params: null; readonly result: null };
}

export type RequestName = keyof Requests;

/** Event of the host: something happened in its engine. */
export const engineEvent = 'engine';
/** Event of the daemon: it lives, and the host may go on for another `hostPatience`. */
export const alive = 'alive';

/**
 * Milliseconds that a host lives without a word from its daemon. Long, since a daemon that was blocked or
 * suspended for a minute must find everything as it was; a daemon that dies ends the channel, which acts at once.
 */
export const hostPatience = 5 * 60_000;
export const aliveInterval = 60_000;

/** The line of a host's engine events as they cross the channel. */
export function isEngineEvent(data: unknown): data is EngineEvent {
  return typeof data === 'object' && data !== null && typeof (data as { type?: unknown }).type === 'string';
}
