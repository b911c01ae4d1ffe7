/**
 * Where a profile goes instead of being deleted: `vigil/quarantine/<id>/<time>-<reason>/`. What no login needs is
 * then taken out of it; nothing else of a profile is ever deleted.
 */
import type { ProfileLayout } from '../engine/profile-layout.ts';
import type { SessionId } from '../session/id.ts';
import { requireRoom } from '../system/room.ts';
import { profilePath } from '../volume/layout.ts';
import { type ProfileTools, requireNobody, requireOwnDirectory } from './prepare-profile.ts';
import { pruneQuarantined } from './prune-quarantine.ts';
import { moveToQuarantine, quarantineTarget } from './quarantine-place.ts';

export interface QuarantineOptions extends ProfileTools {
  /** Bytes that must stay free for the running browsers. */
  readonly floor: number;
  /** What the engine needs of a profile. */
  readonly profileLayout: ProfileLayout;
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
  await requireRoom(options, layout.quarantine, {
    bytes: 0,
    purpose: `Moving the profile of session "${id}" to quarantine`,
  });
  const target = await quarantineTarget(id, reason, options);
  await moveToQuarantine(id, target, options);
  // What is left over takes room and harms nobody; the profile is where it belongs.
  await pruneQuarantined(target, profileLayout, disk).catch(() => false);
  return target;
}
