/** A state as people see it. */
import type { Next, State } from './state.ts';

/** The words that people see (design: "Life of a session"). */
export type Status =
  | 'stopped'
  | 'initializing'
  | 'recovering'
  | 'qr_ready'
  | 'authenticating'
  | 'ready'
  | 'disconnected'
  | 'failed';

export function statusOf(state: State): Status {
  switch (state.name) {
    case 'stopped':
      return 'stopped';
    case 'claiming':
    case 'preparing':
    case 'launching':
      return state.cause ? 'recovering' : 'initializing';
    case 'pairing':
      return 'qr_ready';
    case 'syncing':
      return state.scanned ? 'authenticating' : state.cause ? 'recovering' : 'authenticating';
    case 'sealing':
      return 'authenticating';
    case 'online':
      return 'ready';
    case 'suspect':
      return state.failed ? 'recovering' : 'ready';
    case 'resting':
      return 'disconnected';
    case 'failed':
      return 'failed';
    case 'stopping':
      return statusAfter(state.next);
  }
}

function statusAfter(next: Next): Status {
  switch (next.to) {
    case 'stopped':
      return 'stopped';
    case 'claiming':
      return next.cause ? 'recovering' : 'initializing';
    case 'resting':
      return 'disconnected';
    case 'failed':
      return 'failed';
  }
}

/** What a surface shows as the reason; null when all is well. */
export function reasonOf(state: State): string | null {
  switch (state.name) {
    case 'failed':
      return state.reason;
    case 'resting':
    case 'suspect':
      return state.cause;
    case 'claiming':
    case 'preparing':
    case 'launching':
    case 'syncing':
      return state.cause;
    case 'stopping':
      return state.next.to === 'failed'
        ? state.next.reason
        : state.next.to === 'stopped'
          ? null
          : state.next.cause;
    default:
      return null;
  }
}
