/**
 * The parts of whatsapp-web.js and Puppeteer that the engine touches, as structural types: the engine must
 * work with another version than the one it was compiled against, so it declares what it relies on itself.
 */
export type Listener = (...args: never[]) => void;

export interface LibraryFrame {
  url(): string;
}

export interface LibraryPage {
  /** A string is evaluated as an expression; its value must be JSON. */
  evaluate(expression: string): Promise<unknown>;
  url(): string;
  mainFrame(): LibraryFrame;
  on(event: string, listener: Listener): unknown;
  readonly mouse: { move(x: number, y: number): Promise<void> };
  readonly keyboard: { press(key: string): Promise<void> };
}

export interface LibraryBrowser {
  readonly connected: boolean;
  version(): Promise<string>;
  process(): { readonly pid?: number | undefined } | null;
  close(): Promise<void>;
  on(event: string, listener: Listener): unknown;
}

export interface ClientInfo {
  readonly pushname?: string | undefined;
  readonly platform?: string | undefined;
  readonly wid?: { readonly user?: string | undefined; readonly server?: string | undefined } | undefined;
}

export interface WhatsAppClient {
  pupBrowser: LibraryBrowser | null;
  pupPage: LibraryPage | null;
  readonly info?: ClientInfo;
  initialize(): Promise<void>;
  inject(): Promise<void>;
  /** Absent in some versions. */
  initWebVersionCache?: () => Promise<void>;
  destroy(): Promise<void>;
  logout(): Promise<void>;
  getState(): Promise<string | null>;
  requestPairingCode(phone: string): Promise<string>;
  sendPresenceAvailable(): Promise<void>;
  on(event: string, listener: Listener): unknown;
}

/** What an authentication strategy of the library inherits; `client` is set by its `setup`. */
export interface LocalAuthStrategy {
  client: WhatsAppClient;
  afterBrowserInitialized(): Promise<void>;
  getAuthEventPayload(): Promise<unknown>;
  afterAuthReady(): Promise<void>;
  logout(): Promise<void>;
}

export interface ClientOptions {
  readonly authStrategy: LocalAuthStrategy;
  readonly puppeteer: Readonly<Record<string, unknown>>;
  readonly webVersion?: string;
  readonly webVersionCache: Readonly<Record<string, unknown>>;
  readonly authTimeoutMs: number;
  readonly qrMaxRetries: number;
  readonly takeoverOnConflict: boolean;
  readonly deviceName?: string;
}

export interface WhatsAppLibrary {
  /** Absent in some forks. */
  readonly version?: unknown;
  readonly Client: new (options: ClientOptions) => WhatsAppClient;
  readonly LocalAuth: new (options: { clientId?: string; dataPath: string }) => LocalAuthStrategy;
}
