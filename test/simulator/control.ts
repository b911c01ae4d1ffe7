import type { CounterName, Counters } from './counters.ts';
import type { SimulatorSettings } from './settings.ts';

/** Who a command is for: everybody, a device (with whatever page it has, now or later), or one page. */
export type Target = 'all' | { device: string } | { page: string } | { qr: string };

/** How the server treats new connections and page loads; it knows no devices at that point. */
export type Serving = 'normal' | 'refuse' | 'hang' | 'error' | 'no-boot';

/** What a connecting device is told: welcome, nothing at all (it stays OPENING), or a socket state. */
export type ConnectOutcome = 'connected' | 'stuck' | SocketState;

export type SocketState =
  | 'CONFLICT'
  | 'CONNECTED'
  | 'DEPRECATED_VERSION'
  | 'OPENING'
  | 'PAIRING'
  | 'PROXYBLOCK'
  | 'SMB_TOS_BLOCK'
  | 'TIMEOUT'
  | 'TOS_BLOCK'
  | 'UNLAUNCHED'
  | 'UNPAIRED'
  | 'UNPAIRED_IDLE';

export interface PageView {
  id: string;
  /** The name of the server that it came through, where a world has several. */
  door: string;
  device: string | null;
  /** The link to the server is open. */
  open: boolean;
  /** Open, logged in and not in conflict: it would receive a message. */
  live: boolean;
  synced: boolean;
  state: string;
  hasSynced: boolean;
  /** What a phone would scan now. */
  ref: string | null;
  code: string | null;
  /** What the page found wrong with the login in its profile. */
  damage: string | null;
  counters: Counters;
}

export interface DeviceView {
  id: string;
  wid: string;
  phone: string;
  pushname: string;
  linked: boolean;
  /** The newest counter that the device has proved to hold. */
  counter: number;
  /** The page that is live as this device. */
  page: string | null;
  waiting: number;
  /** "What's new" has been shown and not answered. */
  dialog: boolean;
  /** The last hundred messages that the device has sent, oldest first. */
  sent: { to: string; body: string }[];
  counters: Counters;
}

/** One counted event. */
export interface JournalEntry {
  at: number;
  event: CounterName;
  page: string | null;
  device: string | null;
}

export interface SimulatorState {
  serving: Serving;
  settings: SimulatorSettings;
  counters: Counters;
  devices: DeviceView[];
  pages: PageView[];
}

export interface Pairing {
  device: string;
  page: string;
  wid: string;
}

export interface Identity {
  phone?: string;
  pushname?: string;
}

export interface Delivery {
  to: Target;
  from?: string;
  body?: string;
  /** Body of this many bytes instead. */
  bytes?: number;
  count?: number;
}

/** Every command takes one JSON value and answers with one, so that it works in process and over HTTP alike. */
export interface SimulatorControl {
  state(): Promise<SimulatorState>;
  /** The last 2000 counted events, oldest first. */
  journal(): Promise<JournalEntry[]>;
  configure(changes: Partial<SimulatorSettings>): Promise<SimulatorSettings>;
  /** A phone scans a QR, named by the text the library emitted or by its page; resolves once the login is written. */
  scan(request: ({ qr: string } | { page: string }) & Identity): Promise<Pairing>;
  /** A person types the pairing code into the phone. */
  enterCode(request: { code: string } & Identity): Promise<Pairing>;
  /** The phone unlinks the device: at once if it is live, at its next connect if not. */
  unlink(request: { device: string }): Promise<void>;
  serve(request: { mode: Serving }): Promise<void>;
  /** Breaks the link of the target until `heal`: loudly (reset) or silently (nothing is sent or answered). */
  drop(request: { target: Target; how: 'loud' | 'silent' }): Promise<void>;
  heal(request: { target: Target }): Promise<void>;
  /** How later connects of the target end. `connected` also lets those in that were stuck. */
  onConnect(request: { target: Target; outcome: ConnectOutcome }): Promise<void>;
  setState(request: { target: Target; state: SocketState }): Promise<void>;
  /** Another connection takes the target's place. */
  conflict(request: { target: Target }): Promise<void>;
  hang(request: { target: Target }): Promise<void>;
  crash(request: { target: Target }): Promise<void>;
  reload(request: { target: Target }): Promise<void>;
  /** Shows "What's new"; unlinks the device if nobody answers in time. */
  showDialog(request: { target: Target; unlinkMs?: number }): Promise<void>;
  /** Messages for devices; those that are away get them after their next sync. Answers with the ids. */
  deliver(request: Delivery): Promise<{ ids: string[] }>;
  /** A steady stream of them; 0 per second ends it. */
  traffic(request: { to: Target; perSecond: number; bytes?: number }): Promise<void>;
  ack(request: { device: string; id: string; ack: number }): Promise<void>;
  /** Numbers that `getNumberId` shall not find, and for which there is no pairing code. */
  unregister(request: { number: string }): Promise<void>;
  /** Makes a page read all of its IndexedDB; answers with the number of records per store. */
  readAll(request: { target: Target }): Promise<Record<string, number | string>>;
}

export const COMMANDS = [
  'state',
  'journal',
  'configure',
  'scan',
  'enterCode',
  'unlink',
  'serve',
  'drop',
  'heal',
  'onConnect',
  'setState',
  'conflict',
  'hang',
  'crash',
  'reload',
  'showDialog',
  'deliver',
  'traffic',
  'ack',
  'unregister',
  'readAll',
] as const satisfies readonly (keyof SimulatorControl)[];
