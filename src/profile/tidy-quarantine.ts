/**
 * Takes out of quarantine what may go (quarantine-policy.ts). Each goes to staging by one rename first, so that after a
 * kill it lies in quarantine whole or is gone from there; what is in staging is swept by the next holder of the volume.
 */
import { randomBytes } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ProfileLayout } from '../engine/profile-layout.ts';
import type { SessionId } from '../session/id.ts';
import type { Disk } from '../system/disk.ts';
import { unlessAbsent } from '../system/errno.ts';
import { removeTree } from '../system/remove-tree.ts';
import type { VolumeLayout } from '../volume/layout.ts';
import { judgeQuarantine, type QuarantineEntry, type QuarantineFacts } from './quarantine-policy.ts';
import type { ProfileVerdict } from './verdict.ts';
import { deviceOf } from './verification/device.ts';
import type { VerificationOptions } from './verification/verify-profile.ts';

export interface TidyTools {
  readonly layout: VolumeLayout;
  readonly disk: Disk;
  readonly profileLayout: ProfileLayout;
  readonly verify: (profile: string, options: VerificationOptions) => Promise<ProfileVerdict>;
}

export interface TidiedEntry {
  readonly path: string;
  /** Why it could go, the rest of a sentence. */
  readonly why: string;
}

export interface TidyFacts extends Omit<QuarantineFacts, 'times'> {
  /** Asked for where anything lies there. */
  readonly times: () => Promise<readonly number[]>;
}

/** Names of what lies in quarantine of a session. */
export async function quarantinedNames(
  session: SessionId,
  { layout }: Pick<TidyTools, 'layout'>,
): Promise<readonly string[]> {
  const found = await unlessAbsent(readdir(join(layout.quarantine, session), { withFileTypes: true }));
  return (found ?? []).filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

/** What went. Nobody restores the session meanwhile: what a journal names is not to be taken away. */
export async function tidyQuarantine(
  session: SessionId,
  facts: TidyFacts,
  tools: TidyTools,
  signal: AbortSignal,
): Promise<readonly TidiedEntry[]> {
  const { layout, disk } = tools;
  const place = join(layout.quarantine, session);
  const names = await quarantinedNames(session, tools);
  // Nothing can go where nothing would be left that shows a login.
  if (names.length === 0) return [];
  await disk.mkdir(layout.staging, 'tidy:staging');
  const entries: QuarantineEntry[] = [];
  for (const name of names) entries.push({ name, ...(await look(join(place, name), tools, signal)) });
  const times = await facts.times();
  const gone: TidiedEntry[] = [];
  for (const { name, why } of judgeQuarantine(entries, { ...facts, times }).filter(({ goes }) => goes)) {
    signal.throwIfAborted();
    const path = join(place, name);
    const staged = join(layout.staging, `purge-${session}-${randomBytes(6).toString('hex')}`);
    await disk.rename(path, staged, 'tidy:move');
    await disk.syncDirectory(place, 'tidy:move-sync');
    await removeTree(staged, disk, 'tidy:remove');
    gone.push({ path, why });
  }
  return gone;
}

/** Only what is certain: a look that ends in anything but a clear answer is "nobody knows". */
async function look(
  profile: string,
  { layout, profileLayout, verify }: TidyTools,
  signal: AbortSignal,
): Promise<Pick<QuarantineEntry, 'device' | 'evidence'>> {
  const device = await deviceOf(profile, profileLayout, signal);
  const verdict = await verify(profile, {
    layout: profileLayout,
    depth: 'structural',
    expected: null,
    scratch: layout.staging,
    signal,
  }).catch(() => null);
  signal.throwIfAborted();
  if (verdict?.soundness === 'sound') return { device, evidence: true };
  // A damaged one whose login can still be named holds a part of it.
  if (device !== null) return { device, evidence: true };
  if (verdict?.soundness !== 'no_login') return { device, evidence: null };
  const { loginKeys, databases } = verdict.evidence;
  const isWiped =
    loginKeys.length === 0 && databases.every(({ stores }) => stores.every(({ empty }) => empty));
  return { device, evidence: isWiped ? false : null };
}
