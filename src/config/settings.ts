/**
 * Every setting, once. Flags, `vigil config`, docs/configuration.md and .env.example derive from this list;
 * load.ts reads it. Durations are milliseconds in the code, null where a person wrote `off`.
 */
import { logLevels } from '../log/levels.ts';
import { botSettings } from './bot-settings.ts';
import { chromiumArguments } from './chromium-arguments.ts';
import { encryptionSettings } from './encryption-settings.ts';
import {
  bytes,
  duration,
  hostName,
  integer,
  oneOf,
  onOff,
  orAuto,
  orOff,
  path,
  sessionIds,
  text,
  timeZone,
} from './parsers.ts';
import { recoverySettings } from './recovery-settings.ts';
import { retentionSettings } from './retention-settings.ts';
import { scheduleSettings } from './schedule-settings.ts';
import { optional, type Setting, setting } from './setting.ts';
import { vaultSettings } from './vault-settings.ts';

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const megabyte = 1024 ** 2;

/** A probe more often than every second would do nothing else; a rarer one than daily would find nothing. */
const period = duration({ min: second, max: 24 * hour });

export const schema = {
  volume: setting({
    env: 'VIGIL_VOLUME',
    alsoEnv: ['RAILWAY_VOLUME_MOUNT_PATH'],
    flag: '--volume <path>',
    parser: path,
    default: './data',
    section: 'volume',
    description:
      'Root of the volume. Profiles lie in `whatsapp-sessions/session-<id>` below it, everything of ours in `vigil/`. On Railway the mount path of the volume is used by itself.',
  }),
  expectMount: setting({
    env: 'VIGIL_EXPECT_MOUNT',
    parser: oneOf('0', '1'),
    default: '0',
    section: 'volume',
    description:
      'Whether something must be mounted at the volume, as in a container: an empty directory in its place is then refused instead of being taken for a new volume. On Railway it always is.',
  }),
  sessions: optional({
    env: 'VIGIL_SESSIONS',
    flag: '--sessions <ids>',
    parser: sessionIds,
    absent: [],
    section: 'volume',
    description:
      'Sessions that are created at the first start, separated by commas. A session that exists already is left as it is, and one that is taken off the list is not removed.',
  }),
  spaceFloor: setting({
    env: 'VIGIL_SPACE_FLOOR',
    parser: bytes({ min: megabyte, max: 1024 ** 4 }),
    default: '100m',
    section: 'volume',
    description:
      'Free space on the volume that belongs to the running browsers. Whatever else writes much (backups, staging, quarantine) refuses below it.',
  }),
  lockWait: setting({
    env: 'VIGIL_LOCK_WAIT',
    parser: duration({ min: 0, max: hour }),
    default: '90s',
    section: 'volume',
    description:
      'How long a daemon waits for another one to let go of the volume, as happens during a redeployment, before it refuses to start.',
  }),
  chromiumExecutable: optional({
    env: 'PUPPETEER_EXECUTABLE_PATH',
    parser: path,
    absent: null,
    section: 'browser',
    description:
      'The browser. When it is not set, an installed Chrome or Chromium is looked for, then one is downloaded into the cache on the volume.',
  }),
  chromiumArgs: setting({
    env: 'VIGIL_CHROMIUM_ARGS',
    parser: chromiumArguments,
    default: '[]',
    section: 'browser',
    description: 'Further Chromium arguments, appended to ours.',
  }),
  chromiumSandbox: setting({
    env: 'VIGIL_CHROMIUM_SANDBOX',
    parser: oneOf('on', 'off', 'auto'),
    default: 'auto',
    section: 'browser',
    description:
      "Chromium's own sandbox. `auto` tries it once; where the platform allows none (root, Railway), it warns and goes on without.",
  }),
  library: optional({
    env: 'VIGIL_WWEBJS',
    parser: path,
    absent: null,
    section: 'browser',
    description:
      'Path of another whatsapp-web.js to use instead of the one that is shipped: WhatsApp breaks the library every few weeks, and nobody should wait for our release. One that does not load or lacks what is called is refused at the start (`engine_unusable`).',
  }),
  webVersion: optional({
    env: 'VIGIL_WEB_VERSION',
    // Becomes a file name.
    parser: text(
      'a version of WhatsApp Web, such as 2.3000.1017054665',
      /^\d{1,4}(\.\d{1,12}){2,3}(-[A-Za-z0-9]{1,16})?$/,
    ),
    absent: null,
    section: 'browser',
    description: 'Version of WhatsApp Web to pin. Without it the page is what WhatsApp serves today.',
  }),
  deviceName: optional({
    env: 'VIGIL_DEVICE_NAME',
    parser: text('1 to 50 printable characters', /^(?!\s)[^\p{C}]{1,50}(?<!\s)$/u),
    absent: null,
    section: 'browser',
    description:
      'Name that the phone shows for a newly linked device. Without it, the one that the library chooses.',
  }),
  hostHeap: setting({
    env: 'VIGIL_HOST_HEAP',
    parser: integer({ min: 48, max: 16_384 }),
    default: '96',
    section: 'browser',
    description:
      'Heap of the process that runs one session (without its browser), in megabytes. Larger when much media passes through it.',
  }),
  ...botSettings,
  port: setting({
    env: 'PORT',
    flag: '--port <number>',
    parser: integer({ min: 0, max: 65_535 }),
    default: '2790',
    section: 'http',
    description: 'Port of the HTTP server. `0` takes any that is free; the daemon prints which.',
  }),
  host: setting({
    env: 'VIGIL_HOST',
    flag: '--host <address>',
    parser: hostName,
    default: '127.0.0.1',
    section: 'http',
    description:
      'Address that the HTTP server listens on. Beyond loopback (`0.0.0.0`, `::`) `VIGIL_API_KEY` is required. `::` is `0.0.0.0` where the kernel has no IPv6, with a warning.',
  }),
  apiKey: optional({
    env: 'VIGIL_API_KEY',
    parser: text('16 to 512 printable characters without spaces', /^[\x21-\x7e]{16,512}$/),
    secret: true,
    absent: null,
    section: 'http',
    description:
      'Key that every request must carry, as `X-API-Key` or as a Bearer token. Required as soon as the server listens beyond loopback. `openssl rand -hex 32` makes a good one.',
  }),
  trustedProxies: setting({
    env: 'VIGIL_TRUSTED_PROXIES',
    parser: orAuto(integer({ min: 0, max: 16 })),
    default: 'auto',
    section: 'http',
    description:
      'How many proxies stand in front of the HTTP server and are yours, so that their `X-Forwarded-For` says who asks: wrong keys are counted by that address. Too few, and whoever guesses locks everybody out; too many, and whoever guesses can name another address each time. `auto` is 1 on Railway and 0 elsewhere.',
  }),
  heartbeat: setting({
    env: 'VIGIL_HEARTBEAT',
    parser: orOff(period),
    default: '2m',
    section: 'supervision',
    description:
      'How often each session is asked for its state, announces its presence and notes when it was last seen.',
  }),
  watchdog: setting({
    env: 'VIGIL_WATCHDOG',
    parser: period,
    default: '1m',
    section: 'supervision',
    description:
      'How often several signs of life of each session are looked at. It cannot be switched off: without it a silent death would go unnoticed.',
  }),
  activity: setting({
    env: 'VIGIL_ACTIVITY',
    parser: orOff(period),
    default: '30s',
    section: 'supervision',
    description: 'How often the page is kept awake (a movement of the mouse, a key, a wake lock).',
  }),
  presence: setting({
    env: 'VIGIL_PRESENCE',
    parser: onOff,
    default: 'on',
    section: 'supervision',
    description:
      'Whether the heartbeat announces the session as available. Switch it off when a person uses the same number on the phone: while a linked device shows as available, the phone may not notify of new messages.',
  }),
  probeDeadline: setting({
    env: 'VIGIL_PROBE_DEADLINE',
    parser: duration({ min: second, max: 5 * minute }),
    default: '15s',
    section: 'supervision',
    description: 'How long a page may take to answer one heartbeat, watchdog or activity probe.',
  }),
  pairingTimeout: setting({
    env: 'VIGIL_PAIRING_TIMEOUT',
    parser: duration({ min: second, max: 24 * hour }),
    default: '10m',
    section: 'supervision',
    description:
      'How long a session waits for somebody to scan its QR or type its code before it gives up (`pairing_expired`).',
  }),
  sealAfter: setting({
    env: 'VIGIL_SEAL_AFTER',
    parser: orOff(duration({ min: second, max: hour })),
    default: '10s',
    section: 'supervision',
    description:
      'How long after a new login is ready its browser is closed cleanly and started again. Only then is the login on the disk for certain: a browser that is killed in its first minute loses it. `off` leaves that window open.',
  }),
  startConcurrency: setting({
    env: 'VIGIL_START_CONCURRENCY',
    parser: orAuto(integer({ min: 1, max: 64 })),
    default: 'auto',
    section: 'supervision',
    description:
      'How many browsers start at the same time. `auto` follows the cores and the memory of the machine or container; more than there are cores only stretches each start towards its deadline.',
  }),
  drain: setting({
    env: 'VIGIL_DRAIN',
    parser: duration({ min: second, max: hour }),
    default: '45s',
    section: 'supervision',
    description:
      'How long the daemon may take to close every browser cleanly when it is told to end. The platform must wait longer than this before it kills (Railway: `RAILWAY_DEPLOYMENT_DRAINING_SECONDS=60`; Docker: `--stop-timeout 60`).',
  }),
  ...vaultSettings,
  ...retentionSettings,
  ...encryptionSettings,
  ...recoverySettings,
  ...scheduleSettings,
  logLevel: setting({
    env: 'LOG_LEVEL',
    flag: '--log-level <level>',
    parser: oneOf(...logLevels),
    default: 'info',
    section: 'log',
    description:
      'Lowest level that is logged. No level logs a QR, a pairing code, a phone number, a text or a key.',
  }),
  logFormat: setting({
    env: 'VIGIL_LOG_FORMAT',
    flag: '--log-format <format>',
    parser: oneOf('auto', 'json', 'pretty'),
    default: 'auto',
    section: 'log',
    description: 'Form of the log. `auto` is pretty on a terminal and JSON lines elsewhere.',
  }),
  timeZone: optional({
    env: 'TZ',
    parser: timeZone,
    absent: null,
    section: 'log',
    description:
      "Time zone of schedules and of times that people read. Without it, the machine's. Logs are in UTC.",
  }),
} as const satisfies Record<string, Setting<unknown>>;

export type SettingKey = keyof typeof schema;

/** What is in force. Frozen. */
export type Settings = {
  readonly [Key in SettingKey]: (typeof schema)[Key] extends Setting<infer T> ? T : never;
};

/** In the order of the list. */
export const settingKeys = Object.keys(schema) as readonly SettingKey[];

/** The same list for code that treats all settings alike. */
export const settingOf = (key: SettingKey): Setting<unknown> => schema[key] as Setting<unknown>;
