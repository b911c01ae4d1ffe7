/**
 * The text of a manifest, both ways (docs/backup-format.md). A manifest comes from a vault, so from outside: whatever
 * it holds, reading it ends in a manifest whose every field has its type and its bounds, or in a problem in words.
 * Fields that this version does not know are passed over.
 */

import { evidenceOf } from '../profile/evidence-format.ts';
import { isSessionId } from '../session/id.ts';
import {
  amount,
  count,
  digits,
  eachObject,
  hash,
  type Json,
  longestName,
  longestText,
  moment,
  NotExpected,
  object,
  oneOf,
  orNull,
  own,
  parseObject,
  short,
  text,
} from '../system/json-fields.ts';
import { archiveName, parseBackupId } from './backup-names.ts';
import { sealedEnding } from './encryption.ts';
import type { BackupFile, BackupManifest, LoginOrigin } from './manifest.ts';
import { isProfilePath, quoted } from './profile-path.ts';

export type ParsedManifest =
  | { readonly manifest: BackupManifest }
  | {
      readonly problem: string;
      /** `newer`: sound, but of a version that this program does not understand. */
      readonly kind: 'damaged' | 'newer';
    };

/** Bytes of a manifest's text: far beyond a hundred thousand files. */
export const largestManifest = 32 * 1_048_576;

const version: BackupManifest['version'] = 1;
const mostFiles = 100_000;
const mostKeys = 100;
const keyName = /^[a-z0-9-]{1,40}$/;

export function formatManifest(manifest: BackupManifest): string {
  return `${JSON.stringify(manifest, null, 2)}\n`;
}

/** Never throws. */
export function parseManifest(text: string): ParsedManifest {
  const parsed = parseObject(text);
  if ('problem' in parsed) return damaged(parsed.problem);
  const { found } = parsed;
  const stated = own(found, 'version');
  if (Number.isSafeInteger(stated) && (stated as number) > version) {
    const problem = `it is of version ${String(stated)}, and this program understands ${version}`;
    return { problem, kind: 'newer' };
  }
  try {
    return { manifest: manifestOf(found) };
  } catch (error) {
    if (error instanceof NotExpected) return damaged(`not what is expected: ${error.message}`);
    throw error;
  }
}

function manifestOf(found: Json): BackupManifest {
  if (own(found, 'version') !== version) throw new NotExpected('version');
  const session = own(found, 'session');
  if (!isSessionId(session)) throw new NotExpected('session');
  const id = text(found, 'id', longestText);
  const parts = parseBackupId(id);
  if (!parts) throw new NotExpected('id');
  const archive = object(found, 'archive');
  const sha256 = hash(archive, 'archive.sha256');
  const name = text(archive, 'archive.name', longestName);
  const epoch = count(found, 'epoch');
  if (!sha256.startsWith(parts.sha256) || epoch !== parts.epoch)
    throw new NotExpected('id, which says something else than epoch and archive.sha256');
  // Whatever it names is fetched, and removed by a purge: nothing but its own archive.
  if (![archiveName(session, id), `${archiveName(session, id)}${sealedEnding}`].includes(name))
    throw new NotExpected('archive.name');
  // The first backups of all said nothing about it.
  const encryption = own(found, 'encryption') === undefined ? null : orNull(found, 'encryption', sealOf);
  if ((encryption !== null) !== name.endsWith(sealedEnding)) throw new NotExpected('encryption');
  const engine = object(found, 'engine');
  return {
    version,
    id,
    session,
    createdAt: moment(found, 'createdAt'),
    epoch,
    // The first backups of all said nothing about it.
    login: own(found, 'login') === undefined ? null : orNull(found, 'login', loginOf),
    phone: orNull(found, 'phone', digits),
    engine: {
      name: text(engine, 'engine.name', longestText),
      layout: count(engine, 'engine.layout'),
      library: orNull(engine, 'engine.library', short),
      browser: orNull(engine, 'engine.browser', short),
      web: orNull(engine, 'engine.web', short),
    },
    copy: copyOf(object(found, 'copy')),
    evidence: evidenceOf(object(found, 'evidence')),
    encryption,
    archive: { name, bytes: count(archive, 'archive.bytes'), sha256 },
    files: filesOf(found),
  };
}

function sealOf(found: Json, field: string): NonNullable<BackupManifest['encryption']> {
  const seal = object(found, field);
  const keys = own(seal, 'keys');
  const isKey = (key: unknown): key is string => typeof key === 'string' && keyName.test(key);
  if (!Array.isArray(keys) || keys.length === 0 || keys.length > mostKeys || !keys.every(isKey))
    throw new NotExpected(`${field}.keys`);
  return { keys };
}

function loginOf(found: Json, field: string): LoginOrigin {
  const login = object(found, field);
  return { epoch: count(login, 'login.epoch'), at: moment(login, 'login.at') };
}

function copyOf(found: Json): BackupManifest['copy'] {
  return {
    method: oneOf('frozen', 'closed', 'unknown')(found, 'copy.method'),
    pause: orNull(found, 'copy.pause', amount),
  };
}

function filesOf(found: Json): readonly BackupFile[] {
  const seen = new Set<string>();
  let total = 0;
  return eachObject(found, 'files', mostFiles, (file) => {
    const path = own(file, 'path');
    if (!isProfilePath(path)) throw new NotExpected('files.path');
    if (seen.has(path)) throw new NotExpected(`files.path, of which two are ${quoted(path)}`);
    seen.add(path);
    const bytes = count(file, 'files.bytes');
    total += bytes;
    if (!Number.isSafeInteger(total)) throw new NotExpected('files.bytes');
    return { path, bytes, sha256: hash(file, 'files.sha256') };
  });
}

function damaged(problem: string) {
  return { problem, kind: 'damaged' as const };
}
