/**
 * Where a profile goes instead of being deleted: `vigil/quarantine/<id>/<time>-<reason>/`, by one rename on the
 * same file system. Never deletes, never overwrites; after a crash the profile is in one place or the other.
 */
import { join } from 'node:path';
import { VigilError } from '../errors.ts';
import type { SessionId } from '../session/id.ts';
import { compactUtc } from '../system/timestamp.ts';
import { profilePath } from '../volume/layout.ts';
import { type ProfileTools, requireNobody, requireOwnDirectory } from './prepare-profile.ts';

export interface QuarantineOptions extends ProfileTools {
  /** Bytes that must stay free for the running browsers. */
  readonly floor: number;
}

/** The place it went to, or null when there was no profile. Throws `profile_in_use` and `disk_full`. */
export async function quarantineProfile(
  id: SessionId,
  reason: string,
  options: QuarantineOptions,
): Promise<string | null> {
  const { layout, disk, clock } = options;
  const profile = profilePath(layout, id);
  if (!(await requireOwnDirectory(id, profile))) return null;
  await requireNobody(id, options);
  await requireSpace(options);
  const place = join(layout.quarantine, id);
  if (await disk.mkdir(place, 'quarantine:place'))
    await disk.syncDirectory(layout.quarantine, 'quarantine:place-sync');
  const target = await reserve(join(place, `${compactUtc(clock.now())}-${word(reason)}`), options);
  try {
    await disk.rename(profile, target, 'quarantine:rename');
  } catch (error) {
    await disk.removeDirectory(target, 'quarantine:unreserve').catch(() => false);
    throw error;
  }
  await disk.syncDirectory(place, 'quarantine:sync');
  await disk.syncDirectory(layout.sessions, 'quarantine:sync');
  return target;
}

/**
 * An empty directory of that name, made and not found: the rename replaces it, and could not replace anything
 * that holds something.
 */
async function reserve(base: string, { disk }: QuarantineOptions): Promise<string> {
  for (let number = 1; ; number++) {
    const target = number === 1 ? base : `${base}-${number}`;
    if (await disk.mkdir(target, 'quarantine:reserve')) return target;
  }
}

async function requireSpace({ layout, disk, floor }: QuarantineOptions): Promise<void> {
  const free = await disk.freeBytes(layout.quarantine);
  if (free >= floor) return;
  const megabytes = (bytes: number) => `${Math.round(bytes / 1_000_000)} MB`;
  throw new VigilError(
    'disk_full',
    `The volume ${layout.root} has ${megabytes(free)} free; ${megabytes(floor)} belong to the running browsers, so nothing goes to quarantine.`,
    { subject: layout.root },
  );
}

/** As part of a file name: a reason may come from a library. */
function word(reason: string): string {
  return (
    reason
      .toLowerCase()
      .replaceAll(/[^a-z0-9_]+/g, '-')
      .replaceAll(/^-+|-+$/g, '')
      .slice(0, 40) || 'unknown'
  );
}
