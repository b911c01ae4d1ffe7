/**
 * Chromium's arguments, beyond those that Puppeteer passes by itself: these keep the browser off the network too, and
 * off /dev/shm, whose 64 MB in a container make pages crash.
 */

/** The browser talks to WhatsApp, because the page does, and to nobody else by itself. */
const quiet = [
  '--disable-component-update',
  '--disable-domain-reliability',
  '--no-default-browser-check',
  '--no-pings',
];

/** Measured with four sessions: 201 MB each instead of 217, and no slower to start. */
const lean = ['--disable-gpu', '--disable-software-rasterizer', '--renderer-process-limit=1'];

const disabledFeatures = [
  // Keeps an empty renderer ready that a session never needs.
  'SpareRendererForSitePerProcess',
  // Each moves a login into a layout that backups do not know yet; the second deletes the old one (Chromium 156).
  'DomStorageSqlite',
  'IdbSqliteOnDiskRollout',
  // Each of these asks Google for something on its own.
  'AutofillServerCommunication',
  'CertificateTransparencyComponentUpdater',
  'DialMediaRouteProvider',
  'InterestFeedContentSuggestions',
  'NetworkTimeServiceQuerying',
];

/** Asked all the same, whatever the switches (measured over a minute with an empty page): these do not exist. */
const unreachable = [
  'accounts.google.com',
  'clients2.google.com',
  'optimizationguide-pa.googleapis.com',
  'safebrowsing.googleapis.com',
  'update.googleapis.com',
  '*.gvt1.com',
];

export interface ArgumentsRequest {
  readonly sandbox: boolean;
  /** `VIGIL_CHROMIUM_ARGS`: last, since Chromium takes the last of two that contradict each other. */
  readonly user: readonly string[];
}

export function chromiumArguments(request: ArgumentsRequest): string[] {
  return [
    ...quiet,
    ...lean,
    `--disable-features=${disabledFeatures.join(',')}`,
    `--host-resolver-rules=${unreachable.map((host) => `MAP ${host} ~NOTFOUND`).join(', ')}`,
    ...(request.sandbox ? [] : ['--no-sandbox', '--disable-setuid-sandbox']),
    ...request.user,
  ];
}
