/**
 * What an installation leaves in the vault so that an empty volume can become it again: its records, and its registry. An
 * archive and a manifest, as of a backup: no manifest, no snapshot.
 */
import { sealedEnding } from '../backup/encryption.ts';
import { isInstallationId } from '../installation/installation.ts';
import {
  count,
  flag,
  hash,
  type Json,
  list,
  longestText,
  moment,
  NotExpected,
  object,
  orNull,
  own,
  parseObject,
  short,
} from '../system/json-fields.ts';
import { compactUtc } from '../system/timestamp.ts';

export interface SnapshotManifest {
  readonly version: 1;
  /** `<utc>-<installation>-<first 12 hex digits of the archive's hash>`. */
  readonly id: string;
  readonly installation: string;
  /** ISO time, by the writer's own clock. */
  readonly createdAt: string;
  /** How many there are. */
  readonly sessions: number;
  /** Whether the registry is in it as well, or the records alone. */
  readonly registry: boolean;
  /** A hash over what matters of the records, so that a daemon knows whether they have changed. */
  readonly state: string;
  /** Names of the keys that it is sealed for; null where it is plain. */
  readonly encryption: { readonly keys: readonly string[] } | null;
  readonly archive: { readonly name: string; readonly bytes: number; readonly sha256: string };
}

export const snapshots = 'registry/';
export const largestSnapshotManifest = 65_536;

const idPattern = /^(\d{8}T\d{6}Z)-([0-9a-f]{32})-[0-9a-f]{12}$/;
const namePattern = /^registry\/([^/.]+)\.(json|tar\.gz(?:\.age)?)$/;

export function snapshotId(installation: string, at: number, sha256: string): string {
  return `${compactUtc(at)}-${installation}-${sha256.slice(0, 12)}`;
}

/** Milliseconds since the epoch; 0 where the id says none. Rises from one of an installation to its next, whatever a clock says. */
export function snapshotTime(id: string): number {
  const [, year, month, day, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-/.exec(id) ?? [];
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? 0 : at;
}

/** The time of a new one, so that it comes after those that are there. */
export function nextSnapshotTime(
  objects: readonly { readonly name: string }[],
  installation: string,
  now: number,
): number {
  const times = objects.flatMap(({ name }) => {
    const named = parseSnapshotName(name);
    return named?.installation === installation ? [snapshotTime(named.id)] : [];
  });
  const next = Math.max(0, ...times) + 1_000;
  // Nothing comes after the last second that an id can say.
  return next > latest ? now : Math.max(now, next);
}

const latest = Date.UTC(9999, 11, 31);

export function snapshotArchiveName(id: string): string {
  return `${snapshots}${id}.tar.gz`;
}

export function snapshotManifestName(id: string): string {
  return `${snapshots}${id}.json`;
}

export interface SnapshotObject {
  readonly id: string;
  readonly installation: string;
  readonly kind: 'archive' | 'manifest';
}

/** Null for every name that is not one of ours. */
export function parseSnapshotName(name: string): SnapshotObject | null {
  const [, id, ending] = namePattern.exec(name) ?? [];
  const installation = idPattern.exec(id ?? '')?.[2];
  if (id === undefined || installation === undefined) return null;
  return { id, installation, kind: ending === 'json' ? 'manifest' : 'archive' };
}

export function formatSnapshotManifest(manifest: SnapshotManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** Never throws. */
export function parseSnapshotManifest(
  text: string,
): { readonly manifest: SnapshotManifest } | { readonly problem: string } {
  const parsed = parseObject(text);
  if ('problem' in parsed) return parsed;
  try {
    return { manifest: manifestOf(parsed.found) };
  } catch (error) {
    if (error instanceof NotExpected) return { problem: `not what is expected: ${error.message}` };
    throw error;
  }
}

function manifestOf(found: Json): SnapshotManifest {
  if (own(found, 'version') !== 1) throw new NotExpected('version');
  const id = short(found, 'id');
  const installation = own(found, 'installation');
  if (!isInstallationId(installation) || idPattern.exec(id)?.[2] !== installation)
    throw new NotExpected('installation');
  const archive = object(found, 'archive');
  const name = short(archive, 'archive.name');
  // Whatever it names is fetched, and removed one day: nothing but its own archive.
  if (![snapshotArchiveName(id), `${snapshotArchiveName(id)}${sealedEnding}`].includes(name))
    throw new NotExpected('archive.name');
  const encryption = orNull(found, 'encryption', sealOf);
  if ((encryption !== null) !== name.endsWith(sealedEnding)) throw new NotExpected('encryption');
  return {
    version: 1,
    id,
    installation,
    createdAt: moment(found, 'createdAt'),
    sessions: count(found, 'sessions'),
    registry: flag(found, 'registry'),
    state: hash(found, 'state'),
    encryption,
    archive: { name, bytes: count(archive, 'archive.bytes'), sha256: hash(archive, 'archive.sha256') },
  };
}

function sealOf(found: Json, field: string): { readonly keys: readonly string[] } {
  const keys = list(object(found, field), 'encryption.keys', mostKeys);
  const isName = (key: unknown): key is string => typeof key === 'string' && key.length <= longestText;
  if (!keys.every(isName)) throw new NotExpected('encryption.keys');
  return { keys };
}

/** Far more than anybody has. */
const mostKeys = 1_000;
