/** Before a launch: nobody else's browser on the profile, none of ours left on it, and no lock. */
import { lstat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { VigilError } from '../errors.ts';
import type { SessionId } from '../session/id.ts';
import type { Clock } from '../system/clock.ts';
import type { Disk } from '../system/disk.ts';
import { unlessAbsent } from '../system/errno.ts';
import { isGone, type Processes, type ProcessInfo } from '../system/processes.ts';
import { profilePath, type VolumeLayout } from '../volume/layout.ts';
import { inspectProfile, type ProfileInspection } from './inspect-profile.ts';
import { userDataDirectories } from './markers.ts';
import { endOrphans, hostsAmong } from './orphans.ts';
import { clearLocks } from './profile-locks.ts';

export interface ProfileTools {
  readonly layout: VolumeLayout;
  readonly processes: Processes;
  readonly disk: Disk;
  readonly clock: Clock;
}

/** A host that lost its daemon closes its browser at once; this is how long a busy machine may take for it. */
export const orphanGrace = 8_000;

/**
 * Throws `profile_in_use` when somebody else's browser runs, or one of ours cannot be ended, and
 * `volume_permission` when the profile is not a directory on the volume itself.
 */
export async function prepareProfile(
  id: SessionId,
  tools: ProfileTools,
  signal: AbortSignal,
): Promise<{ readonly exists: boolean }> {
  const profile = profilePath(tools.layout, id);
  const exists = await requireOwnDirectory(id, profile);
  const found = await survey(id, tools);
  await refuseIfDaemonLives(id, found.hosts, tools.processes);
  if (hasOurs(found)) {
    if (!(await endOurs(found, tools, { grace: orphanGrace, signal }))) {
      throw new VigilError(
        'profile_in_use',
        `An earlier browser or host of session "${id}" does not end, not even by SIGKILL.`,
        {
          subject: id,
          remedy:
            'It waits for the disk, probably: look at the volume and the kernel log (dmesg), or restart the machine.',
        },
      );
    }
    await requireNobody(id, tools);
  } else refuseIfUsed(id, found.inspection);
  if (exists) await clearLocks({ profile, processes: tools.processes, disk: tools.disk });
  return { exists };
}

/**
 * A host whose daemon lives is no orphan. It cannot be there while we hold the volume's lock; where it is, the lock
 * has failed (its file was removed, the file system lies), and killing would start a war of two daemons.
 */
async function refuseIfDaemonLives(
  id: SessionId,
  hosts: readonly ProcessInfo[],
  processes: Processes,
): Promise<void> {
  for (const host of hosts) {
    const parent = await processes.find(host.parent);
    if (!parent || isGone(parent) || parent.pid === processes.self() || !isDaemon(parent)) continue;
    throw new VigilError(
      'profile_in_use',
      `Another daemon (pid ${parent.pid}) lives and runs session "${id}", although the volume's lock is ours.`,
      {
        subject: id,
        remedy:
          'Stop one of the two. If neither complains at its start, the volume cannot lock files: use another.',
      },
    );
  }
}

/** The program's own entry, as source or compiled; an init that has adopted an orphan is none. */
function isDaemon({ argv }: ProcessInfo): boolean {
  return argv
    .slice(1, 8)
    .some((word) => /(?:^|\/)(?:(?:dist|src)\/main\.(?:js|ts)|(?:wa-)?vigil)$/.test(word));
}

/** What runs for a session, from one look at the machine. */
export interface Survey {
  readonly hosts: readonly ProcessInfo[];
  readonly inspection: ProfileInspection;
}

export async function survey(id: SessionId, { layout, processes }: ProfileTools): Promise<Survey> {
  const running = await processes.list();
  const volume = layout.root;
  return {
    hosts: await hostsAmong(running, id, volume, processes),
    inspection: await inspectProfile({ profile: profilePath(layout, id), volume, processes, running }),
  };
}

export function hasOurs({ hosts, inspection }: Survey): boolean {
  return hosts.length > 0 || inspection.owner === 'ours';
}

/** Ends the hosts and browsers of ours. Leaves strangers alone. False when something is still there. */
export function endOurs(
  { hosts, inspection }: Survey,
  { processes, clock }: ProfileTools,
  { grace, signal }: { readonly grace: number; readonly signal: AbortSignal },
): Promise<boolean> {
  const browsers = inspection.owner === 'ours' ? inspection.processes : [];
  return endOrphans({ hosts, browsers, processes, clock, signal, grace });
}

/** Throws `profile_in_use` while any browser runs on the profile. */
export async function requireNobody(id: SessionId, { layout, processes }: ProfileTools): Promise<void> {
  const profile = profilePath(layout, id);
  refuseIfUsed(id, await inspectProfile({ profile, volume: layout.root, processes }));
}

function refuseIfUsed(id: SessionId, inspection: ProfileInspection): void {
  const [first] = inspection.processes;
  if (!first) return;
  const whose = inspection.owner === 'ours' ? 'a browser of ours' : 'a browser that is not ours';
  throw new VigilError(
    'profile_in_use',
    `The profile of session "${id}" is in use by ${whose}: ${browserWords(first)}.`,
    {
      subject: id,
      details: { pid: first.pid },
    },
  );
}

/** A link planted as a profile would have us read, move and remove files somewhere else. */
export async function requireOwnDirectory(id: SessionId, profile: string): Promise<boolean> {
  const found = await unlessAbsent(lstat(profile));
  if (!found) return false;
  for (const path of [profile, join(profile, 'Default')]) {
    const part = path === profile ? found : await unlessAbsent(lstat(path));
    if (!part || part.isDirectory()) continue;
    const what = part.isSymbolicLink() ? 'a symbolic link' : 'a file';
    throw new VigilError(
      'volume_permission',
      `The profile of session "${id}" should be a directory, but ${path} is ${what}.`,
      {
        subject: path,
        remedy: `Move it away, and put the profile itself there if it lies elsewhere.`,
      },
    );
  }
  return true;
}

/** Never its other arguments: a stranger's may hold passwords and tokens, and this goes into logs and answers. */
export function browserWords({ pid, argv }: ProcessInfo): string {
  const [directory = ''] = userDataDirectories(argv);
  return `pid ${pid}, ${shown(basename(argv[0] ?? ''))}, with the user-data directory ${shown(directory)}`;
}

function shown(name: string): string {
  const line = name.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '?');
  return line.length > 200 ? `${line.slice(0, 200)}…` : line;
}
