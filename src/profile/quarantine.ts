/**
 * Where a profile goes instead of being deleted: `vigil/quarantine/<id>/<time>-<reason>/`. What no login needs is
 * then taken out of it; nothing else of a profile is ever deleted.
 */
import type { ProfileLayout } from '../engine/profile-layout.ts';
import { VigilError } from '../errors.ts';
import type { SessionId } from '../session/id.ts';
import { profilePath } from '../volume/layout.ts';
import { type ProfileTools, requireNobody, requireOwnDirectory } from './prepare-profile.ts';
import { pruneQuarantined } from './prune-quarantine.ts';
import { moveToQuarantine, quarantineTarget } from './quarantine-place.ts';

export interface QuarantineOptions extends ProfileTools {
  /** Bytes that must stay free for the running browsers. */
  readonly floor: number;
  /** What the engine needs of a profile; where nobody knows, everything is kept. */
  readonly profileLayout?: ProfileLayout | null;
}

/** The place it went to, or null when there was no profile. Throws `profile_in_use` and `disk_full`. */
export async function quarantineProfile(
  id: SessionId,
  reason: string,
  options: QuarantineOptions,
): Promise<string | null> {
  const { layout, disk, profileLayout } = options;
  const profile = profilePath(layout, id);
  if (!(await requireOwnDirectory(id, profile))) return null;
  await requireNobody(id, options);
  await requireSpace(options);
  const target = await quarantineTarget(id, reason, options);
  await moveToQuarantine(id, target, options);
  // What is left over takes room and harms nobody; the profile is where it belongs.
  if (profileLayout) await pruneQuarantined(target, profileLayout, disk).catch(() => false);
  return target;
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
