/** Chromium's arguments, beyond those that Puppeteer passes by itself (which keep the browser off the network too). */

const megabyte = 1024 ** 2;

/** Chromium keeps its shared memory there; with less than this, pages crash. */
const enoughSharedMemory = 256 * megabyte;

/** The browser talks to WhatsApp, because the page does, and to nobody else by itself. */
const quiet = [
  '--disable-background-networking',
  '--disable-client-side-phishing-detection',
  '--disable-component-update',
  '--disable-domain-reliability',
  '--disable-sync',
  '--metrics-recording-only',
  '--no-default-browser-check',
  '--no-first-run',
  '--no-pings',
];

/** Measured with four sessions: 201 MB each instead of 217, and no slower to start. */
const lean = ['--disable-gpu', '--disable-software-rasterizer', '--renderer-process-limit=1'];

const disabledFeatures = [
  // Keeps an empty renderer ready that a session never needs.
  'SpareRendererForSitePerProcess',
  // Each of these asks Google for something on its own.
  'AutofillServerCommunication',
  'CertificateTransparencyComponentUpdater',
  'DialMediaRouteProvider',
  'InterestFeedContentSuggestions',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'Translate',
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
  /** Size of /dev/shm in bytes, or null where there is none. */
  readonly sharedMemory: number | null;
  /** What the browser that was found needs of its own (`FoundChromium.args`). */
  readonly browser?: readonly string[];
  /** `VIGIL_CHROMIUM_ARGS`: last, since Chromium takes the last of two that contradict each other. */
  readonly user: readonly string[];
}

export function chromiumArguments(request: ArgumentsRequest): string[] {
  const { sharedMemory } = request;
  return [
    ...quiet,
    ...lean,
    `--disable-features=${disabledFeatures.join(',')}`,
    `--host-resolver-rules=${unreachable.map((host) => `MAP ${host} ~NOTFOUND`).join(', ')}`,
    ...(request.sandbox ? [] : ['--no-sandbox', '--disable-setuid-sandbox']),
    ...(sharedMemory === null || sharedMemory < enoughSharedMemory ? ['--disable-dev-shm-usage'] : []),
    ...(request.browser ?? []),
    ...request.user,
  ];
}
