/** What lies around where the commands of a document are typed. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { sessionId } from '../../src/session/id.ts';
import { newRecord } from '../../src/session/record.ts';
import { type Environment, environmentFor } from './program.ts';
import type { Rig } from './rig.ts';
import { Volume } from './volume.ts';

/** Made by a bare whatsapp-web.js with LocalAuth, linked and ended in order. */
export interface OldBot {
  /** Its user-data directory. */
  readonly profile: string;
}

export interface Scene {
  /** The session that is online when all was typed; null where none is started. */
  readonly session: string | null;
  /** In the usual checkout, instead of beside a bot's profile. */
  readonly checkout?: true;
  prepare(directory: string, bot: OldBot): Promise<void>;
}

/** Of whatsapp-web.js, whose types say nothing of what is inside. */
interface RemoteAuth {
  userDataDir: string;
  sessionName: string;
  compressSession(): Promise<string>;
}

const library = createRequire(import.meta.url)('whatsapp-web.js') as {
  RemoteAuth: new (options: object) => RemoteAuth;
};

/** A profile is moved from program to program as it is; where to is all that they differ in. */
const lying = (place: string, session = 'sales'): Scene => ({
  session,
  prepare: (directory, bot) => put(bot, join(directory, place)),
});

async function put({ profile }: OldBot, place: string): Promise<void> {
  await mkdir(dirname(place), { recursive: true });
  await cp(profile, place, { recursive: true, verbatimSymlinks: true });
}

/** The zip that the library's own RemoteAuth makes of a profile, which is copied to `place` first. */
export async function packAsRemoteAuth(profile: string, clientId: string, place: string): Promise<string> {
  const auth = new library.RemoteAuth({
    clientId,
    dataPath: place,
    store: {},
    backupSyncIntervalMs: 60_000,
  });
  auth.sessionName = `RemoteAuth-${clientId}`;
  auth.userDataDir = join(place, auth.sessionName);
  await put({ profile }, auth.userDataDir);
  return auth.compressSession();
}

/** A restore took the place of a good profile, and what it put there is good for nothing. */
async function replace(volume: string): Promise<void> {
  const profile = join(volume, 'whatsapp-sessions', 'session-main');
  const place = join(volume, 'vigil', 'quarantine', 'main');
  await mkdir(place, { recursive: true });
  await rename(profile, join(place, '20261122T164207Z-replaced'));
  await mkdir(join(profile, 'Default', 'Local Storage'), { recursive: true });
}

/** Modules of bots, and sessions that are not linked yet beside the one that is. */
async function addBots(directory: string): Promise<void> {
  for (const name of ['bot.mjs', 'sales.mjs'])
    await writeFile(
      join(directory, name),
      'export default (client) => void client.on("message", () => {});\n',
    );
  const volume = Volume.at(join(directory, 'data'));
  for (const id of ['sales', 'night'])
    await volume.writeRecord({ ...newRecord(sessionId(id), Date.now()), wanted: 'stopped' });
}

/** By the name in front of a block. The usual one is the test's. */
export const scenes: Readonly<Record<string, Scene>> = {
  bot: { session: 'main', checkout: true, prepare: addBots },
  localauth: lying('old/.wwebjs_auth/session-sales'),
  'localauth without a name': lying('old/.wwebjs_auth/session', 'main'),
  remoteauth: lying('old/.wwebjs_auth/RemoteAuth-sales'),
  'remoteauth zip': {
    session: 'sales',
    // Packed by the library itself.
    async prepare(directory, { profile }) {
      const packed = await packAsRemoteAuth(profile, 'sales', join(directory, 'packing'));
      await rename(packed, join(directory, 'RemoteAuth-sales.zip'));
    },
  },
  'wwebjs-api': lying('old/sessions/session-sales'),
  waha: lying('old/.sessions/webjs/default/session-sales'),
  quarantined: { session: null, checkout: true, prepare: (directory) => replace(join(directory, 'data')) },
  'wa-automate': lying('old/_IGNORE_sales'),
  openwa: lying('old/data/sessions/session-0c4f9f6e-6a2c-4f0e-9a53-2f7f5a1f1c11'),
};

/** A script as a person types it, beside a volume: how it ended, and what it said. */
export async function type(
  script: string,
  volume: Volume,
  { whatsapp }: Rig,
  changes: Environment = {},
): Promise<{ readonly code: number | null; readonly output: string }> {
  const env = await environmentFor(volume, whatsapp.chromiumArgs, changes);
  const path = `${await tools(volume.scratch)}:${env['PATH']}`;
  const child = spawn('bash', ['-euo', 'pipefail', '-c', `exec 2>&1\n${script}`], {
    cwd: volume.scratch,
    env: { ...env, PATH: path },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  return { code, output };
}

/** `./vigil` and `vigil`, and what a document takes for granted on a machine. */
async function tools(directory: string): Promise<string> {
  const bin = join(directory, 'bin');
  await mkdir(bin);
  const typed = join(import.meta.dirname, 'typed-vigil.sh');
  await symlink(typed, join(bin, 'vigil'));
  await symlink(typed, join(directory, 'vigil'));
  return bin;
}
