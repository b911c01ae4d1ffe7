/** Whose profile on the volume holds the same device as another one. */
import { readdir } from 'node:fs/promises';
import type { ProfileLayout } from '../engine/profile-layout.ts';
import type { SessionId } from '../session/id.ts';
import { unlessAbsent } from '../system/errno.ts';
import { profilePath, type VolumeLayout } from '../volume/layout.ts';
import { sessionOf } from './adopt.ts';
import { deviceOf } from './verification/device.ts';

export interface TwinOptions {
  readonly layout: VolumeLayout;
  readonly profileLayout: ProfileLayout;
}

/** The first, `id` apart; null where none does, or nobody can say which device it is. */
export async function twinOf(
  profile: string,
  id: SessionId,
  { layout, profileLayout }: TwinOptions,
  signal: AbortSignal,
): Promise<SessionId | null> {
  const device = await deviceOf(profile, profileLayout, signal);
  if (device === null) return null;
  for (const name of (await unlessAbsent(readdir(layout.sessions))) ?? []) {
    const other = sessionOf(name, layout);
    if (!other || other === id) continue;
    if ((await deviceOf(profilePath(layout, other), profileLayout, signal)) === device) return other;
  }
  return null;
}
