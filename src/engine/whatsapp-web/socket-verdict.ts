/** What a state of WhatsApp's socket (the library's WAState words) means for the engine. */
import type { GoneCause, SocketState } from '../engine.ts';

export type SocketVerdict =
  | { readonly kind: 'alive' }
  /** Not linked, in the page's opinion. */
  | { readonly kind: 'unpaired' }
  | { readonly kind: 'gone'; readonly cause: GoneCause }
  | { readonly kind: 'unknown' };

const alive: SocketVerdict = { kind: 'alive' };

const verdicts: Readonly<Record<string, SocketVerdict>> = {
  CONNECTED: alive,
  OPENING: alive,
  PAIRING: alive,
  TIMEOUT: alive,
  UNLAUNCHED: alive,
  CONFLICT: { kind: 'gone', cause: 'conflict' },
  DEPRECATED_VERSION: { kind: 'gone', cause: 'version_too_old' },
  PROXYBLOCK: { kind: 'gone', cause: 'proxy_blocked' },
  TOS_BLOCK: { kind: 'gone', cause: 'banned' },
  SMB_TOS_BLOCK: { kind: 'gone', cause: 'banned' },
};

/** `linked`: this engine has seen the device linked. Without a login UNPAIRED is where pairing begins. */
export function socketVerdict(state: string, linked: boolean): SocketVerdict {
  if (state === 'UNPAIRED' || state === 'UNPAIRED_IDLE') return linked ? { kind: 'unpaired' } : alive;
  return verdicts[state] ?? { kind: 'unknown' };
}

const states: Readonly<Record<string, SocketState>> = {
  CONNECTED: 'up',
  PAIRING: 'pairing',
  UNPAIRED: 'unpaired',
  UNPAIRED_IDLE: 'unpaired',
  CONFLICT: 'conflict',
};

/** In the core's words. A state without a name there is no connection. */
export function socketStateOf(state: string): SocketState {
  return states[state] ?? 'down';
}
