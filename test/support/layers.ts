/**
 * The layers of src/: which files each holds and which layers they may import. ARCHITECTURE.md shows the same
 * table (test/unit/architecture.test.ts compares them); a file belongs to the layer with the longest fitting path.
 */

/**
 * `core`: what a session is and does, and the ports that it needs; knows no adapter. `adapter`: one way to carry
 * out a port or to reach the core. `root`: puts adapters together; imported by nothing but other roots.
 */
export type Kind = 'core' | 'adapter' | 'root';

export interface Layer {
  readonly name: string;
  /** Paths below src/; one that ends with `/` stands for everything below it. */
  readonly files: readonly string[];
  readonly kind: Kind;
  /** Names of layers, its own apart. `*`: all. */
  readonly mayImport: readonly string[];
}

export const layers: readonly Layer[] = [
  { name: 'errors', files: ['errors.ts'], kind: 'core', mayImport: [] },
  { name: 'id', files: ['session/id.ts'], kind: 'core', mayImport: ['errors'] },
  { name: 'system', files: ['system/'], kind: 'core', mayImport: ['errors'] },
  { name: 'layout', files: ['volume/layout.ts'], kind: 'core', mayImport: ['id'] },
  { name: 'log', files: ['log.ts', 'log/'], kind: 'core', mayImport: ['errors', 'id', 'system', 'layout'] },
  { name: 'ipc', files: ['ipc/'], kind: 'core', mayImport: [] },
  {
    name: 'engine',
    files: ['engine/engine.ts', 'engine/profile-layout.ts'],
    kind: 'core',
    mayImport: ['id'],
  },
  {
    name: 'verdict',
    files: ['profile/verdict.ts', 'profile/evidence-format.ts'],
    kind: 'core',
    mayImport: ['system'],
  },
  {
    name: 'bot',
    files: ['bot/'],
    kind: 'core',
    mayImport: ['system', 'log', 'engine'],
  },
  { name: 'leveldb', files: ['leveldb/'], kind: 'core', mayImport: ['errors', 'system'] },
  {
    name: 'verification',
    files: ['profile/verification/'],
    kind: 'core',
    mayImport: ['errors', 'system', 'engine', 'verdict', 'leveldb'],
  },
  {
    name: 'snapshot',
    files: ['snapshot/'],
    kind: 'core',
    mayImport: ['errors', 'system', 'engine', 'leveldb'],
  },
  { name: 'vault', files: ['backup/vault.ts'], kind: 'core', mayImport: [] },
  { name: 'incidents', files: ['backup/incidents.ts'], kind: 'core', mayImport: ['id'] },
  {
    name: 'backup',
    files: ['backup/'],
    kind: 'core',
    mayImport: [
      'errors',
      'id',
      'system',
      'layout',
      'log',
      'engine',
      'verdict',
      'verification',
      'vault',
      'incidents',
    ],
  },
  {
    name: 'drill',
    files: ['drill/'],
    kind: 'core',
    mayImport: ['errors', 'verdict', 'backup'],
  },
  {
    name: 'installation',
    files: ['installation/'],
    kind: 'core',
    mayImport: ['errors', 'system', 'layout', 'vault', 'backup'],
  },
  {
    name: 'recovery',
    files: ['recovery/'],
    kind: 'core',
    mayImport: [
      'errors',
      'id',
      'system',
      'layout',
      'log',
      'session',
      'vault',
      'backup',
      'registry',
      'installation',
    ],
  },
  {
    name: 'restore',
    files: ['restore/'],
    kind: 'core',
    mayImport: [
      'errors',
      'id',
      'system',
      'layout',
      'log',
      'engine',
      'verdict',
      'verification',
      'session',
      'vault',
      'incidents',
      'backup',
      'profile',
    ],
  },
  {
    name: 'import',
    files: ['import/'],
    kind: 'core',
    mayImport: [
      'errors',
      'id',
      'system',
      'layout',
      'engine',
      'verdict',
      'verification',
      'backup',
      'profile',
      'restore',
    ],
  },
  {
    name: 'directory-vault',
    files: ['vault/'],
    kind: 'adapter',
    mayImport: ['errors', 'system', 'linux', 'vault'],
  },
  {
    name: 'bucket-vaults',
    files: ['vault/s3/', 'vault/supabase/'],
    kind: 'adapter',
    mayImport: ['errors', 'system', 'vault', 'directory-vault'],
  },
  {
    name: 'encryption',
    files: ['encryption/'],
    kind: 'adapter',
    mayImport: ['errors', 'backup'],
  },
  { name: 'host', files: ['host/host.ts'], kind: 'core', mayImport: ['engine', 'bot'] },
  { name: 'ownership', files: ['ownership/ownership.ts'], kind: 'core', mayImport: ['id'] },
  { name: 'registry', files: ['registry/registry.ts'], kind: 'core', mayImport: ['id', 'session'] },
  {
    name: 'session',
    files: ['session/'],
    kind: 'core',
    mayImport: [
      'errors',
      'id',
      'system',
      'layout',
      'log',
      'engine',
      'verdict',
      'host',
      'ownership',
      'incidents',
    ],
  },
  {
    name: 'operations',
    files: [
      'supervisor/operations.ts',
      'supervisor/backup-operations.ts',
      'supervisor/recovery-operations.ts',
      'supervisor/import-operations.ts',
    ],
    kind: 'core',
    mayImport: ['id', 'session'],
  },
  {
    name: 'wording',
    files: ['wording/'],
    kind: 'core',
    mayImport: ['errors', 'session', 'operations', 'incidents'],
  },
  {
    name: 'supervisor',
    files: ['supervisor/'],
    kind: 'core',
    mayImport: [
      'errors',
      'id',
      'system',
      'layout',
      'log',
      'session',
      'operations',
      'verdict',
      'vault',
      'incidents',
      'backup',
      'drill',
      'installation',
      'recovery',
      'restore',
      'import',
    ],
  },
  {
    name: 'profile',
    files: ['profile/'],
    kind: 'core',
    mayImport: [
      'errors',
      'id',
      'system',
      'layout',
      'log',
      'engine',
      'host',
      'session',
      'verdict',
      'verification',
      'snapshot',
    ],
  },
  {
    name: 'linux',
    files: ['system/linux-disk.ts', 'system/linux-processes.ts'],
    kind: 'adapter',
    mayImport: ['errors', 'system'],
  },
  {
    name: 'volume',
    files: ['volume/'],
    kind: 'adapter',
    mayImport: ['errors', 'id', 'system', 'layout', 'linux'],
  },
  {
    name: 'solo',
    files: ['ownership/'],
    kind: 'adapter',
    mayImport: ['errors', 'id', 'system', 'ownership'],
  },
  {
    name: 'sqlite',
    files: ['registry/'],
    kind: 'adapter',
    mayImport: ['errors', 'id', 'system', 'log', 'session', 'registry'],
  },
  {
    name: 'whatsapp-web',
    files: ['engine/whatsapp-web/'],
    kind: 'adapter',
    mayImport: ['errors', 'id', 'system', 'linux', 'engine', 'snapshot', 'bot'],
  },
  {
    name: 'scripted',
    files: ['engine/scripted/'],
    kind: 'adapter',
    mayImport: ['errors', 'id', 'system', 'linux', 'engine', 'snapshot', 'bot'],
  },
  {
    name: 'child-hosts',
    files: ['host/'],
    kind: 'adapter',
    mayImport: ['errors', 'id', 'system', 'engine', 'ipc', 'host', 'bot'],
  },
  {
    name: 'chromium',
    files: ['chromium/'],
    kind: 'adapter',
    mayImport: ['errors', 'system', 'layout', 'log', 'config', 'verdict', 'drill'],
  },
  {
    name: 'config',
    files: ['config/'],
    kind: 'adapter',
    mayImport: ['errors', 'id', 'system', 'log', 'wording'],
  },
  {
    name: 'http',
    files: ['http/'],
    kind: 'adapter',
    mayImport: ['errors', 'id', 'system', 'log', 'session', 'operations', 'wording'],
  },
  {
    name: 'control',
    files: ['control/'],
    kind: 'adapter',
    mayImport: ['errors', 'id', 'system', 'layout', 'log', 'session', 'operations', 'http'],
  },
  {
    name: 'cli',
    files: ['cli/'],
    kind: 'adapter',
    mayImport: [
      'errors',
      'id',
      'system',
      'layout',
      'log',
      'session',
      'operations',
      'wording',
      'config',
      'incidents',
    ],
  },
  {
    name: 'doctor',
    files: ['doctor/'],
    kind: 'root',
    mayImport: [
      'backup',
      'vault',
      'errors',
      'system',
      'layout',
      'log',
      'session',
      'wording',
      'linux',
      'volume',
      'chromium',
      'config',
      'sqlite',
    ],
  },
  { name: 'daemon', files: ['daemon/'], kind: 'root', mayImport: ['*'] },
  { name: 'host-entry', files: ['host/main.ts', 'engine/load-engine.ts'], kind: 'root', mayImport: ['*'] },
  { name: 'entry', files: ['main.ts'], kind: 'root', mayImport: ['*'] },
];

/** Packages that may be imported in one place only, so that replacing one is a matter of that place. */
export const packages: Readonly<Record<string, readonly string[]>> = {
  // Of the bot's contract only the type of the client.
  'whatsapp-web.js': ['engine/whatsapp-web/', 'bot/bot.ts'],
  // The downloader that belongs to this very Puppeteer is found through it.
  puppeteer: ['engine/whatsapp-web/', 'chromium/download.ts'],
  'puppeteer-core': ['engine/whatsapp-web/'],
  '@puppeteer/browsers': ['chromium/download.ts'],
  '@sparticuz/chromium': ['chromium/package-browser.ts'],
  'better-sqlite3': [
    'registry/',
    'volume/kernel-lock.ts',
    'doctor/registry.ts',
    'profile/verification/inspect-sqlite.ts',
  ],
  '@node-rs/crc32': ['leveldb/crc32c.ts'],
  snappy: ['leveldb/table-block.ts'],
  kysely: ['registry/'],
  fastify: ['http/'],
  '@fastify/cookie': ['http/'],
  '@fastify/helmet': ['http/'],
  '@fastify/rate-limit': ['http/'],
  '@fastify/type-provider-typebox': ['http/'],
  typebox: ['http/'],
  qrcode: ['http/', 'cli/'],
  commander: ['cli/', 'main.ts'],
  tar: ['backup/'],
  yauzl: ['import/'],
  '@supabase/supabase-js': ['vault/supabase/'],
  'tus-js-client': ['vault/supabase/'],
  '@aws-sdk/client-s3': ['vault/s3/'],
  'node-cron': ['system/cron.ts'],
  // Keys are turned into names where they are read.
  'age-encryption': ['encryption/'],
  pino: ['log.ts'],
  'pino-pretty': ['log.ts'],
};

/** Uses of the runtime's own time, timers and process beyond `system/` and the entries, each with its reason. */
export const runtimeUses: readonly {
  readonly file: string;
  readonly uses: readonly string[];
  readonly reason: string;
}[] = [
  {
    file: 'engine/scripted/scripted-engine.ts',
    uses: ['process'],
    reason: 'a script may end its host at once, as a crash would',
  },
  {
    file: 'chromium/command.ts',
    uses: ['process'],
    reason: 'kills the group of a child that it holds, when it has not ended within its deadline',
  },
  {
    file: 'chromium/download.ts',
    uses: ['process'],
    reason: 'the architecture decides what can be downloaded, and by which Node',
  },
  {
    file: 'chromium/package-browser.ts',
    uses: ['process'],
    reason: 'the architecture decides what can be unpacked, and by which Node',
  },
  {
    file: 'doctor/libraries.ts',
    uses: ['process'],
    reason: 'tells a person which Node runs',
  },
  {
    file: 'doctor/volume.ts',
    uses: ['process'],
    reason: 'tries the lock from a second process of the very same Node',
  },
  {
    file: 'engine/whatsapp-web/whatsapp-web-engine.ts',
    uses: ['process'],
    reason: "the host's own environment, as the default of a port that tests replace",
  },
  {
    file: 'engine/whatsapp-web/check-library.ts',
    uses: ['process'],
    reason: 'a program of its own, which ends itself whatever the library leaves running',
  },
  {
    file: 'daemon/require-library.ts',
    uses: ['process'],
    reason: 'checks the library on the very Node that runs the daemon, and so the hosts',
  },
  {
    file: 'host/child-hosts.ts',
    uses: ['process'],
    reason: 'hosts run on the very Node that runs the daemon',
  },
];

/** Files that are longer than the rest may be, with the most that they may have. */
export const longFiles: readonly {
  readonly file: string;
  readonly lines: number;
  readonly reason: string;
}[] = [
  {
    file: 'errors.ts',
    lines: 400,
    reason: 'one catalogue, in which a code can be looked up and none is there twice',
  },
  {
    file: 'session/transition.ts',
    lines: 400,
    reason: 'the whole table of states and events; in parts nobody could read it as one',
  },
  {
    file: 'session/effects.ts',
    lines: 375,
    reason: 'all effects of one attempt share its signal, its host and the order of its end',
  },
  {
    file: 'session/session.ts',
    lines: 360,
    reason: 'the mailbox: order of saving, entering a state and telling is one subject',
  },
  {
    file: 'supervisor/supervisor.ts',
    lines: 365,
    reason: 'the port of operations, each of them in a few lines',
  },
];
