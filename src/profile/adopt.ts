/**
 * Profiles on a volume that nothing is known of: a bare whatsapp-web.js wrote them, or the records are gone. Each
 * becomes a session, in the place where it lies. It is wanted online only when it holds a login, and nobody else's
 * directory holds the same one: of two copies of one device neither is started.
 */
import { readdir } from 'node:fs/promises';
import type { ProfileLayout } from '../engine/profile-layout.ts';
import { isSessionId, type SessionId } from '../session/id.ts';
import { newRecord, type SessionRecord } from '../session/record.ts';
import { unlessAbsent } from '../system/errno.ts';
import { bareSession, profilePath, type VolumeLayout } from '../volume/layout.ts';
import { deviceOf } from './verification/device.ts';
import { verifyProfile } from './verification/verify-profile.ts';

export interface AdoptionOptions {
  readonly layout: VolumeLayout;
  readonly profileLayout: ProfileLayout;
  /** Sessions that there is a record of, usable or not. */
  readonly known: ReadonlySet<SessionId>;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly signal: AbortSignal;
}

export interface Adopted {
  readonly record: SessionRecord;
  /** Whether it holds a login, and nobody else the same one. */
  readonly found: 'login' | 'no_login' | 'twin';
  /** Why it is not started by itself, a sentence; null when it is. */
  readonly problem: string | null;
}

export interface Adoption {
  readonly adopted: readonly Adopted[];
  /** Names that look like a profile's and are none of a session. */
  readonly strange: readonly string[];
}

const atOnce = 8;

/** Reads only. Throws what a disk throws that cannot be listed. */
export async function findProfiles(options: AdoptionOptions): Promise<Adoption> {
  const { layout, known, profileLayout, signal } = options;
  const entries = (await unlessAbsent(readdir(layout.sessions, { withFileTypes: true }))) ?? [];
  const strange: string[] = [];
  const found: SessionId[] = [];
  const all: SessionId[] = [];
  for (const entry of entries) {
    const id = sessionOf(entry.name, layout);
    if (id === undefined) continue;
    if (id === null || !entry.isDirectory()) strange.push(entry.name);
    else {
      all.push(id);
      if (!known.has(id)) found.push(id);
    }
  }
  if (found.length === 0) return { adopted: [], strange };
  const devices = new Map<SessionId, string | null>();
  await each(all, async (id) => {
    devices.set(id, await deviceOf(profilePath(layout, id), profileLayout, signal));
  });
  const adopted: Adopted[] = [];
  await each(found, async (id) => void adopted.push(await look(id, devices, options)));
  return { adopted: adopted.toSorted((a, b) => (a.record.id < b.record.id ? -1 : 1)), strange };
}

/** Null for a name that is meant to be a profile's and is of no session; undefined for any other. */
export function sessionOf(name: string, layout: VolumeLayout): SessionId | null | undefined {
  if (name === 'session') return layout.bareDefault ? bareSession : undefined;
  if (!name.startsWith('session-')) return undefined;
  const id = name.slice('session-'.length);
  return isSessionId(id) ? id : null;
}

async function look(
  id: SessionId,
  devices: ReadonlyMap<SessionId, string | null>,
  { layout, profileLayout, now, signal }: AdoptionOptions,
): Promise<Adopted> {
  const record = newRecord(id, now);
  const stopped = (found: Adopted['found'], problem: string): Adopted => ({
    record: { ...record, wanted: 'stopped' },
    found,
    problem,
  });
  const verdict = await verifyProfile(profilePath(layout, id), {
    layout: profileLayout,
    depth: 'structural',
    expected: null,
    scratch: layout.staging,
    signal,
  });
  if (verdict.soundness !== 'sound')
    return stopped('no_login', `A profile was found that is not started: ${verdict.problem}`);
  const device = devices.get(id) ?? null;
  const twin = [...devices].find(([other, its]) => other !== id && device !== null && its === device)?.[0];
  if (twin !== undefined)
    return stopped(
      'twin',
      `A profile was found that holds the same device as that of session "${twin}"; two browsers must not run as one device. Remove one of the two.`,
    );
  return {
    record: { ...record, login: 'settled', evidence: verdict.evidence },
    found: 'login',
    problem: null,
  };
}

async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async () => {
    for (let index = next++; index < items.length; index = next++) await work(items[index] as T);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}
