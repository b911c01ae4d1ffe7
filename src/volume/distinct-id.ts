/**
 * Whether the volume can tell a new session from those that are there. Some mounts (network shares, a folder of another
 * system's host) take capitals and small letters for the same: `main` and `Main` would be two sessions on one profile.
 */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { VigilError } from '../errors.ts';
import type { SessionId } from '../session/id.ts';
import { unlessAbsent } from '../system/errno.ts';
import type { VolumeLayout } from './layout.ts';

/** Two questions to a file system; a test answers them as a mount would that it does not have. */
export interface Look {
  readonly names: (directory: string) => Promise<readonly string[]>;
  readonly exists: (path: string) => Promise<boolean>;
}

const disk: Look = {
  names: async (directory) => (await unlessAbsent(readdir(directory))) ?? [],
  exists: async (path) => (await unlessAbsent(lstat(path))) !== null,
};

/** Throws `session_refused` where a record or a profile of another id would be this one's. To be asked before it is made. */
export async function requireDistinctId(
  id: SessionId,
  layout: VolumeLayout,
  look: Look = disk,
): Promise<void> {
  for (const [directory, pattern] of places(layout)) {
    const names = await look.names(directory);
    for (const name of names) {
      const { before = '', stem, after = '' } = pattern.exec(name)?.groups ?? {};
      if (stem === undefined || stem === id || stem.toLowerCase() !== id.toLowerCase()) continue;
      const own = `${before}${id}${after}`;
      // Found, but not by this name: then by the other.
      if (!names.includes(own) && (await look.exists(join(directory, own)))) throw indistinct(id, stem);
    }
  }
}

const places = (layout: VolumeLayout): readonly (readonly [directory: string, pattern: RegExp])[] => [
  [layout.records, /^(?<stem>[^.]+)(?<after>\.json(?:\.damaged-.*)?)$/],
  [layout.sessions, /^(?<before>session-)(?<stem>[^.]+)$/],
];

function indistinct(id: SessionId, other: string): VigilError {
  return new VigilError(
    'session_refused',
    `Session "${id}" would be "${other}" on this volume, which takes capitals and small letters for the same: both would use one profile.`,
    { subject: id, remedy: `Use "${other}", or an id that differs by more than capitals.` },
  );
}
