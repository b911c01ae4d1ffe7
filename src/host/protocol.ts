/** What daemon and host say to each other over their channel (src/ipc), in one place for both ends. */
import type {
  EngineEvent,
  LaunchSpec,
  ProbeReport,
  ProbeRequest,
  SnapshotReport,
  StoppedProcess,
} from '../engine/engine.ts';

/** Requests of the daemon, by name. */
export interface Requests {
  readonly start: { readonly params: LaunchSpec; readonly result: null };
  readonly probe: { readonly params: ProbeRequest; readonly result: ProbeReport };
  readonly code: { readonly params: { readonly phone: string }; readonly result: null };
  readonly unlink: { readonly params: null; readonly result: null };
  readonly snapshot: { readonly params: { readonly target: string }; readonly result: SnapshotReport };
  readonly close: { readonly params: null; readonly result: null };
}

export type RequestName = keyof Requests;

/**
 * Request of the host: it is about to stop these processes, the browser first, and waits for the daemon to watch them.
 * Nothing is stopped without an answer, so that there is no moment at which only the host knows.
 */
export const freezeRequest = 'freeze';
export interface FreezeParams {
  readonly processes: readonly StoppedProcess[];
}
/** Event of the host: what it was about to stop runs. */
export const thawedEvent = 'thawed';

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

export function isFreezeParams(data: unknown): data is FreezeParams {
  const { processes } = (data ?? {}) as { readonly processes?: unknown };
  return Array.isArray(processes) && processes.length > 0 && processes.every(isStoppedProcess);
}

function isStoppedProcess(data: unknown): data is StoppedProcess {
  const { pid, startTime } = (data ?? {}) as { readonly pid?: unknown; readonly startTime?: unknown };
  return Number.isSafeInteger(pid) && Number(pid) > 1 && Number.isSafeInteger(startTime);
}
