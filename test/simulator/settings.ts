/** Everything that time or taste decides. Defaults are what has been seen of the real service, where known. */
export interface SimulatorSettings {
  /** `window.Debug.VERSION`. */
  version: string;
  /** From the end of the page's load until `window.Debug` exists. */
  bootDelayMs: number;
  /** How long the first QR lives. */
  firstRefMs: number;
  /** How long each later QR lives. */
  refMs: number;
  /** QRs until the page stops and says UNPAIRED_IDLE. */
  refCount: number;
  /** Whether noise keys, browser id and salt are stored while the QR is up, before any pairing. */
  identityAtLoad: boolean;
  /** Pairs any page this long after its first QR; `null`: nobody scans. */
  autoScanMs: number | null;
  /** Enters any pairing code this long after it was shown; `null`: nobody does. */
  autoCodeMs: number | null;
  /** From CONNECTED to `hasSynced`; 0: synced before CONNECTED, hence before anybody listens. */
  syncDelayMs: number;
  /** Whether a reconnect makes `hasSynced` go false and true again. */
  resyncOnReconnect: boolean;
  /** How often the page asks whether the server is there; 0: never, so a silent link stays CONNECTED. */
  pingMs: number;
  pingTimeoutMs: number;
  /** Between two attempts to connect. */
  reconnectMs: number;
  /** Incompressible history written to IndexedDB by a pairing. */
  historyBytes: number;
  /** One value large enough for Chromium to put it into the `.blob` directory. */
  largeValueBytes: number;
  /** The page reloads by itself this long after a pairing (the real one: 5 minutes); `null`: never. */
  reloadAfterPairingMs: number | null;
  /** "What's new" appears this long after the first sync of a pairing; `null`: never. */
  whatsNewAfterMs: number | null;
  /** Unlinks a device that has left "What's new" unanswered this long. */
  whatsNewUnlinkMs: number;
  /** What happens to a login whose counter is older than the last one seen: a rolled back profile. */
  staleLogin: 'accept' | 'refuse';
  /** What the page of an unlinked device does after wiping: show a QR in place, or go to `?post_logout=1`. */
  refusedLogin: 'qr' | 'navigate';
  /** From the server's ack 1 to the recipient's 2, and on to 3. */
  ackDelayMs: number;
  readReceipts: boolean;
}

export const DEFAULT_SETTINGS: Readonly<SimulatorSettings> = {
  version: '2.3000.1017054665',
  bootDelayMs: 0,
  firstRefMs: 60_000,
  refMs: 20_000,
  refCount: 6,
  identityAtLoad: true,
  autoScanMs: null,
  autoCodeMs: null,
  syncDelayMs: 500,
  resyncOnReconnect: false,
  pingMs: 30_000,
  pingTimeoutMs: 20_000,
  reconnectMs: 1_000,
  historyBytes: 4 * 1024 * 1024,
  largeValueBytes: 256 * 1024,
  reloadAfterPairingMs: null,
  whatsNewAfterMs: null,
  whatsNewUnlinkMs: 300_000,
  staleLogin: 'accept',
  refusedLogin: 'qr',
  ackDelayMs: 50,
  readReceipts: true,
};

/** Refuses a name that is not a setting, or a value of another kind than the default's. */
export function checkSettings(changes: Record<string, unknown>): Partial<SimulatorSettings> {
  for (const [name, value] of Object.entries(changes)) {
    if (!Object.hasOwn(DEFAULT_SETTINGS, name)) throw new Error(`there is no setting "${name}"`);
    const fallback: unknown = DEFAULT_SETTINGS[name as keyof SimulatorSettings];
    const fits =
      fallback === null ? value === null || typeof value === 'number' : typeof value === typeof fallback;
    if (!fits) throw new Error(`setting "${name}" cannot be ${JSON.stringify(value)}`);
  }
  return changes as Partial<SimulatorSettings>;
}
