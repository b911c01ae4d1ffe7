/** What is done to both sides. Everything happens to the same session of each, in the same moment. */
import { readdirSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { browsersOn, type RunningProcess, send } from '../test/support/processes.ts';

export const faultNames = ['kill', 'lock', 'damage', 'hang', 'finale'] as const;
export type FaultName = (typeof faultNames)[number];

interface FaultWords {
  /** For the scoreboard. */
  readonly short: string;
  /** What was done, as a sentence without its subject's name. */
  readonly done: string;
}

export const faultWords: Readonly<Record<FaultName, FaultWords>> = {
  kill: { short: 'browser killed', done: 'browser killed' },
  lock: { short: 'stale lock', done: 'browser killed, lock of another host left behind' },
  damage: { short: 'profile damaged', done: 'browser killed, a file of the login torn' },
  hang: { short: 'page hangs', done: 'page sent into an endless loop' },
  finale: { short: 'volume deleted', done: 'everything killed, the whole volume deleted' },
};

/** One session of one side. */
export interface Victim {
  /** Its Chromium user-data directory. */
  readonly profile: string;
  hang(): Promise<void>;
}

type SessionFault = (victims: readonly Victim[]) => Promise<void>;

/** As a redeployed container leaves it: the name of a host that is not there any more, and a pid on it. */
const strangersLock = 'web-7d9f4c6b58-x2k4q-42';

/** Half of the login. */
const databases = 'Default/IndexedDB';

export const sessionFaults: Readonly<Record<Exclude<FaultName, 'finale'>, SessionFault>> = {
  kill: async (victims) => killBrowsers(victims.map(({ profile }) => profile)),
  lock: async (victims) => {
    killBrowsers(victims.map(({ profile }) => profile));
    for (const { profile } of victims) {
      const lock = join(profile, 'SingletonLock');
      rmSync(lock, { force: true });
      symlinkSync(strangersLock, lock);
    }
  },
  damage: async (victims) => {
    killBrowsers(victims.map(({ profile }) => profile));
    for (const { profile } of victims) tear(join(profile, databases));
  },
  hang: async (victims) => {
    await Promise.all(victims.map((victim) => victim.hang()));
  },
};

/** As a power cut leaves what was not flushed: the file is there, and empty. */
function tear(directory: string): void {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  // What says which files belong to a LevelDB; where a newer Chromium keeps no LevelDB, the databases themselves.
  const manifests = files.filter(({ name }) => name.startsWith('MANIFEST-'));
  const torn =
    manifests.length > 0 ? manifests : files.filter(({ parentPath }) => !parentPath.includes('.blob'));
  for (const { parentPath, name } of torn) truncateSync(join(parentPath, name));
}

/** All are looked up first, so that those of both sides end in the same moment. */
export function killBrowsers(directories: readonly string[]): void {
  const found = directories.flatMap((directory) => browsersOn(directory));
  for (const browser of found) killTree(browser);
}

function killTree({ pid, group }: RunningProcess): void {
  // A browser leads a group; never the group of whoever started it.
  if (group === pid) send(-pid, 'SIGKILL');
  send(pid, 'SIGKILL');
}
