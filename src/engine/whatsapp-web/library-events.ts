/** The events of the library and of Puppeteer that the engine listens to, with their arguments made sound. */
import type { LibraryBrowser, LibraryFrame, LibraryPage, WhatsAppClient } from './library-types.ts';

export interface ClientListeners {
  qr(qr: string): void;
  code(code: string): void;
  loading(percent: number): void;
  authenticated(): void;
  ready(): void;
  socket(state: string): void;
  disconnected(reason: string): void;
  traffic(): void;
}

export function listenToClient(client: WhatsAppClient, on: ClientListeners): void {
  client.on('qr', (qr: unknown) => {
    // After a scan the page's reference goes, and the library makes a QR of its absence.
    if (typeof qr === 'string' && !/^(?:undefined|null)?,/.test(qr)) on.qr(qr);
  });
  client.on('code', (code: unknown) => on.code(String(code)));
  client.on('loading_screen', (percent: unknown) => on.loading(Number(percent) || 0));
  client.on('authenticated', () => on.authenticated());
  client.on('ready', () => on.ready());
  client.on('change_state', (state: unknown) => on.socket(String(state)));
  client.on('disconnected', (reason: unknown) => on.disconnected(String(reason)));
  client.on('auth_failure', (reason: unknown) => on.disconnected(String(reason)));
  for (const event of ['message_create', 'message_ack', 'message_ciphertext'])
    client.on(event, () => on.traffic());
}

export function listenToBrowser(browser: LibraryBrowser, disconnected: () => void): void {
  browser.on('disconnected', disconnected);
}

export interface PageListeners {
  crashed(detail: string): void;
  closed(): void;
  /** The main frame went somewhere, within its document or to another one. */
  navigated(url: string): void;
}

export function listenToPage(page: LibraryPage, on: PageListeners): void {
  page.on('error', (error: Error) => on.crashed(error.message));
  page.on('close', () => on.closed());
  page.on('framenavigated', (frame: LibraryFrame) => {
    if (frame === page.mainFrame()) on.navigated(frame.url());
  });
}
