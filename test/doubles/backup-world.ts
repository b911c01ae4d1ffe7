/** A volume with a session whose profile is made of plain files, and everything that backs it up and restores it. */
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BackupRequest } from '../../src/backup/take-backup.ts';
import type { Verify } from '../../src/backup/verify.ts';
import type { ProfileLayout } from '../../src/engine/profile-layout.ts';
import type { LoginEvidence } from '../../src/profile/verdict.ts';
import type { RestoreTools } from '../../src/restore/tools.ts';
import { type SessionId, sessionId } from '../../src/session/id.ts';
import { LinuxProcesses } from '../../src/system/linux-processes.ts';
import { DirectoryVault } from '../../src/vault/directory-vault.ts';
import { profilePath, volumeLayout } from '../../src/volume/layout.ts';
import { FakeClock } from './fake-clock.ts';
import { FaultyDisk } from './faulty-disk.ts';
import { scratchDirectory } from './scratch.ts';

export const main: SessionId = sessionId('main');
export const never: AbortSignal = new AbortController().signal;

export const plainLayout: ProfileLayout = {
  version: 1,
  essential: [
    { path: 'Default/IndexedDB', kind: 'indexed-db', required: true },
    { path: 'Default/Local Storage', kind: 'local-storage', required: true },
    { path: 'Default/Session Storage', kind: 'session-storage', required: false },
  ],
  origin: 'https://web.whatsapp.com',
  loginKeys: ['last-wid-md'],
  deviceKey: 'last-wid-md',
};

export const evidence: LoginEvidence = {
  loginKeys: ['last-wid-md'],
  databases: [{ name: 'model-storage', stores: [{ name: 'message', empty: false, records: 100 }] }],
};

const login = 'Default/Local Storage/leveldb/login';

/** What a plain profile holds: its essential files, by path, and caches beside them. */
export function filesOf(word: string): Readonly<Record<string, string>> {
  return {
    [login]: word,
    'Default/Local Storage/leveldb/CURRENT': 'MANIFEST-000001\n',
    'Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.leveldb/000003.log': `log of ${word}`.repeat(500),
    'Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.leveldb/LOCK': '',
    'Default/IndexedDB/https_web.whatsapp.com_0.indexeddb.blob/1/00/1': `blob of ${word}`.repeat(2_000),
    'Default/Session Storage/000004.log': 'tabs',
  };
}

export async function writeProfile(profile: string, word: string): Promise<void> {
  const caches = {
    'Default/Cache/data_0': 'cached',
    'Default/Service Worker/x': 'cached',
    'Local State': '{}',
  };
  for (const [path, text] of Object.entries({ ...filesOf(word), ...caches })) {
    await mkdir(dirname(join(profile, path)), { recursive: true });
    await writeFile(join(profile, path), text);
  }
  await symlink('host-1', join(profile, 'SingletonLock')).catch(() => {});
}

/** The word that a plain profile was written with; null where there is none, or only a part of one. */
export async function wordOf(profile: string): Promise<string | null> {
  const word = await readFile(join(profile, login), 'utf8').catch(() => null);
  if (word === null) return null;
  for (const [path, text] of Object.entries(filesOf(word)))
    if ((await readFile(join(profile, path), 'utf8').catch(() => null)) !== text) return null;
  return word;
}

/** A plain profile is sound when all of it is there, and holds a login unless its word says otherwise. */
export const verifyPlain: Verify = async (profile) => {
  const word = await wordOf(profile);
  if (word === null) return { soundness: 'damaged', problem: 'Something of it is missing.' };
  if (word.startsWith('wiped'))
    return {
      soundness: 'no_login',
      problem: 'Local Storage lacks last-wid-md.',
      evidence: { loginKeys: [], databases: [] },
    };
  if (word.startsWith('strange')) return { soundness: 'unverifiable', problem: 'It is of a later format.' };
  return { soundness: 'sound', evidence, warnings: [] };
};

export async function backupWorld(overrides: Partial<RestoreTools> = {}) {
  const layout = volumeLayout(await scratchDirectory());
  for (const path of [layout.sessions, layout.ours, layout.quarantine])
    await mkdir(path, { recursive: true });
  const disk = new FaultyDisk();
  const clock = new FakeClock();
  const vault = new DirectoryVault({ path: layout.vault, disk, clock, onVolume: true });
  const tools: RestoreTools = {
    vault,
    disk,
    clock,
    layout,
    engine: { name: 'plain', layout: plainLayout },
    verify: verifyPlain,
    floor: 1_000,
    encryption: null,
    // A machine on which nothing runs.
    processes: new LinuxProcesses(await scratchDirectory()),
    browserVersion: async () => '156.0.8078.79',
    ...overrides,
  };
  const profile = profilePath(layout, main);
  const copies = await scratchDirectory();
  let copied = 0;
  return {
    layout,
    disk,
    clock,
    vault,
    tools,
    profile,
    write: (word: string) => writeProfile(profile, word),
    /** A request for a backup of a copy that was written with this word. */
    async request(word: string, changes: Partial<BackupRequest> = {}): Promise<BackupRequest> {
      const directory = join(copies, String(++copied));
      await writeProfile(directory, word);
      return {
        session: main,
        epoch: 1,
        login: null,
        phone: '4917012345678',
        versions: { library: '1.34.7', browser: '156.0.8078.79', web: '2.3000.1' },
        copy: { method: 'frozen', pause: 12 },
        directory,
        expected: evidence,
        signal: never,
        ...changes,
      };
    },
    /** Names below a directory of the volume; empty where there is none. */
    names: async (path: string) =>
      (await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []))
        .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
        .sort(),
    /** Words of the profiles in quarantine. */
    quarantined: async () => {
      const place = join(layout.quarantine, main);
      const names = (await readdir(place).catch(() => [])).sort();
      return Promise.all(names.map((name) => wordOf(join(place, name))));
    },
  };
}

export type BackupWorld = Awaited<ReturnType<typeof backupWorld>>;
