/** What the engine wants to know of the page, in one evaluation. */
import type { LibraryPage } from './library-types.ts';

export interface PageSnapshot {
  /** Tells documents apart: a reload is another one, a change of the address's hash is not. */
  readonly document: number;
  readonly url: string;
  /** WhatsApp Web's own version; null until it has come up. */
  readonly version: string | null;
  readonly state: string | null;
  readonly synced: boolean;
  /** The library's functions are in the page. */
  readonly bridge: boolean;
  /** The library listens for the end of the synchronisation. */
  readonly wired: boolean;
  /** When the newest message that the page holds was sent; seconds since the epoch. */
  readonly lastMessage: number | null;
}

// Strings, since what runs in the page must reach it exactly as written. `require` is asked for nothing
// before the page has come up: a module that is not there yet throws.
const snapshotExpression = `(() => {
  const version = window.Debug?.VERSION ?? null;
  let state = null, synced = false, lastMessage = null;
  if (version !== null) {
    try {
      const { Socket } = window.require('WAWebSocketModel');
      state = Socket.state ?? null;
      synced = Socket.hasSynced === true;
    } catch {}
  }
  const bridge = typeof window.WWebJS === 'object' && Object.keys(window.WWebJS ?? {}).length > 0;
  if (bridge) {
    try {
      const { Chat } = window.require('WAWebCollections');
      for (const { t } of Chat.getModelsArray()) if (typeof t === 'number' && !(t <= lastMessage)) lastMessage = t;
    } catch {}
  }
  return {
    document: performance.timeOrigin, url: location.href, version: version === null ? null : String(version),
    state, synced, bridge, wired: typeof window.onAppStateHasSyncedEvent === 'function', lastMessage,
  };
})()`;

/** Tells the library that the synchronisation has ended, as the page's own event would have. */
export const tellSynced = `void window.onAppStateHasSyncedEvent().catch(() => {})`;

/** Asks for new QRs. The library's own handler tries this in Node, where there is no window. */
export const refreshQr = `window.require('WAWebCmd').Cmd.refreshQR()`;

/** Keeps the screen of a headless page "on"; the lock is lost whenever the page is hidden. */
export const holdWakeLock = `(async () => {
  if (window.vigilWakeLock?.released === false) return true;
  window.vigilWakeLock = await navigator.wakeLock?.request('screen').catch(() => undefined);
  return window.vigilWakeLock !== undefined;
})()`;

/**
 * Takes snapshots one at a time. A page that hangs answers none of them, and asking again would only pile
 * up calls, so whoever asks meanwhile waits for the same answer.
 */
export class PageReader {
  readonly #page: LibraryPage;
  #inFlight: Promise<PageSnapshot> | null = null;

  constructor(page: LibraryPage) {
    this.#page = page;
  }

  read(): Promise<PageSnapshot> {
    if (this.#inFlight !== null) return this.#inFlight;
    const asked = (this.#page.evaluate(snapshotExpression) as Promise<PageSnapshot>).finally(() => {
      if (this.#inFlight === asked) this.#inFlight = null;
    });
    asked.catch(() => {});
    this.#inFlight = asked;
    return asked;
  }

  /** A snapshot that was asked for now, not one that was already under way. */
  async readAfresh(): Promise<PageSnapshot> {
    await this.#inFlight?.catch(() => {});
    return this.read();
  }

  /** After a navigation: what is under way belongs to a document that is gone. */
  forget(): void {
    this.#inFlight = null;
  }
}
