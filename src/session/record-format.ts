/**
 * The text of a record file, both ways. Fields that this version does not know are kept, so that a newer one
 * finds them again; a record of a newer version is refused as a whole, since what it means has changed.
 */
import { isSessionId, type SessionId } from './id.ts';
import { noLogin, type SessionRecord, type SessionSettings, type StartEntry } from './record.ts';
import type { FailureReason } from './state.ts';

export type ParsedRecord =
  | { readonly record: SessionRecord }
  | {
      readonly problem: string;
      /** `newer`: sound, but of a version that this program does not understand. Both others say what they are. */
      readonly kind: 'damaged' | 'newer' | 'unreadable';
    };

const version: SessionRecord['version'] = 1;

const failureReasons: Readonly<Record<FailureReason, true>> = {
  logged_out: true,
  banned: true,
  conflict: true,
  pairing_expired: true,
  no_sound_profile: true,
  bot_error: true,
};

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isFlag: Check = (value) => typeof value === 'boolean';
const isMoment: Check = (value) => typeof value === 'number' && Number.isFinite(value) && value >= 0;
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isIsoTime: Check = (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value));
const isNullOr =
  (check: Check): Check =>
  (value) =>
    value === null || check(value);
const isOneOf =
  (...words: readonly string[]): Check =>
  (value) =>
    words.includes(value as string);

const isEvidence: Check = (value) =>
  isObject(value) &&
  Array.isArray(value['loginKeys']) &&
  value['loginKeys'].every(isText) &&
  Array.isArray(value['databases']) &&
  value['databases'].every(
    (database) =>
      isObject(database) &&
      isText(database['name']) &&
      Array.isArray(database['stores']) &&
      database['stores'].every(
        (store) =>
          isObject(store) &&
          isText(store['name']) &&
          isFlag(store['empty']) &&
          isNullOr(isCount)(store['records']),
      ),
  );

const isFailure: Check = (value) => typeof value === 'string' && Object.hasOwn(failureReasons, value);

const settings: { readonly [name in keyof Required<SessionSettings>]: Check } = {
  heartbeat: isMoment,
  watchdog: isMoment,
  activity: isMoment,
  presence: isFlag,
};

const start: { readonly [name in keyof Required<StartEntry>]: Check } = {
  at: isMoment,
  onlineAt: isNullOr(isMoment),
  faultAt: isNullOr(isMoment),
};

const mark: Check = (value) => isObject(value) && isText(value['id']) && isIsoTime(value['at']);

const fields: { readonly [name in keyof Required<SessionRecord>]: Check } = {
  version: (value) => value === version,
  id: isSessionId,
  wanted: isOneOf('online', 'stopped'),
  failure: isNullOr(isFailure),
  login: isOneOf('unknown', 'none', 'unsettled', 'settled'),
  forfeited: isFlag,
  evidence: isNullOr(isEvidence),
  backup: isNullOr(mark),
  pairedEpoch: isCount,
  pairedAt: isNullOr(isMoment),
  dueRestore: isNullOr(
    (value) =>
      isObject(value) &&
      (value['why'] === 'refused' ||
        (value['why'] === 'person' && isText(value['backup']) && isNullOr(isFailure)(value['failure']))),
  ),
  restored: isNullOr(mark),
  restoredTaken: isFlag,
  rolledBack: isFlag,
  rejected: (value) => Array.isArray(value) && value.every(isText),
  phone: isNullOr(isText),
  name: isNullOr(isText),
  settings: (value) =>
    isObject(value) &&
    Object.entries(settings).every(([name, check]) => value[name] === undefined || check(value[name])),
  epoch: isCount,
  starts: (value) =>
    Array.isArray(value) &&
    value.every(
      (entry) => isObject(entry) && Object.entries(start).every(([name, check]) => check(entry[name])),
    ),
  conflictAt: isNullOr(isMoment),
  createdAt: isIsoTime,
  updatedAt: isIsoTime,
  lastSeen: isNullOr(isIsoTime),
  restarts: isCount,
};

/** Never throws. `id` is the one that the file's name gives. */
export function parseRecord(text: string, id: SessionId): ParsedRecord {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return damaged(text.trim() === '' ? 'it is empty' : 'it is not JSON');
  }
  // Records from before these were kept.
  if (isObject(found)) found = { epoch: 0, ...noLogin, ...found };
  const problem = recordProblem(found);
  if (problem) return problem;
  const record = found as SessionRecord;
  return record.id === id ? { record } : damaged(`it belongs to session "${record.id}"`);
}

export function formatRecord(record: SessionRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}

/** Null when it is a record that this version understands. */
export function recordProblem(
  found: unknown,
): Exclude<ParsedRecord, { readonly record: SessionRecord }> | null {
  if (!isObject(found)) return damaged('it is not an object');
  const stated = found['version'];
  if (Number.isSafeInteger(stated) && (stated as number) > version) {
    return {
      problem: `it is of version ${String(stated)}, and this program understands ${version}`,
      kind: 'newer',
    };
  }
  const wrong = Object.entries(fields)
    .filter(([name, check]) => !(Object.hasOwn(found, name) && check(found[name])))
    .map(([name]) => name);
  return wrong.length === 0 ? null : damaged(`not what is expected: ${wrong.join(', ')}`);
}

function damaged(problem: string) {
  return { problem, kind: 'damaged' as const };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
