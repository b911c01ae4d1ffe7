/**
 * The text of a record file, both ways. Fields that this version does not know are kept, so that a newer one
 * finds them again; a record of a newer version is refused as a whole, since what it means has changed.
 */
import { isAbsolute } from 'node:path';
import { evidenceOf } from '../profile/evidence-format.ts';
import {
  amount,
  anyText,
  count,
  eachObject,
  flag,
  isObject,
  type Json,
  list,
  moment,
  NotExpected,
  object,
  oneOf,
  orNull,
  own,
  parseObject,
  type Reader,
} from '../system/json-fields.ts';
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

export const failureReasons: Readonly<Record<FailureReason, true>> = {
  logged_out: true,
  banned: true,
  conflict: true,
  pairing_expired: true,
  no_sound_profile: true,
  bot_error: true,
};

/** Far beyond what a record holds of either. */
const mostEntries = 100_000;

const failure: Reader = oneOf(...Object.keys(failureReasons));

const nullOr =
  (read: Reader): Reader =>
  (found, field) =>
    orNull(found, field, read);

const mark: Reader = (found, field) => {
  const it = object(found, field);
  anyText(it, `${field}.id`);
  moment(it, `${field}.at`);
};

const dueRestore: Reader = (found, field) => {
  const it = object(found, field);
  if (oneOf('refused', 'person')(it, `${field}.why`) === 'refused') return;
  anyText(it, `${field}.backup`);
  orNull(it, `${field}.failure`, failure);
  const imported = own(it, 'imported');
  if (imported !== undefined && imported !== true) throw new NotExpected(`${field}.imported`);
};

const settings: { readonly [name in keyof Required<SessionSettings>]: Reader } = {
  heartbeat: amount,
  watchdog: amount,
  activity: amount,
  presence: flag,
  bot: (found, field) => {
    const bot = own(found, field);
    if (bot !== false && !(typeof bot === 'string' && isAbsolute(bot))) throw new NotExpected(field);
  },
};

const start: { readonly [name in keyof Required<StartEntry>]: Reader } = {
  at: amount,
  onlineAt: nullOr(amount),
  faultAt: nullOr(amount),
};

const fields: { readonly [name in keyof Required<SessionRecord>]: Reader } = {
  version: (found, field) => {
    if (own(found, field) !== version) throw new NotExpected(field);
  },
  id: (found, field) => {
    if (!isSessionId(own(found, field))) throw new NotExpected(field);
  },
  wanted: oneOf('online', 'stopped'),
  failure: nullOr(failure),
  login: oneOf('unknown', 'none', 'unsettled', 'settled'),
  forfeited: flag,
  evidence: nullOr((found, field) => evidenceOf(object(found, field))),
  backup: nullOr(mark),
  pairedEpoch: count,
  pairedAt: nullOr(amount),
  dueRestore: nullOr(dueRestore),
  restored: nullOr(mark),
  restoredTaken: flag,
  rolledBack: flag,
  rejected: (found, field) => {
    for (const id of list(found, field, mostEntries))
      if (typeof id !== 'string') throw new NotExpected(field);
  },
  phone: nullOr(anyText),
  name: nullOr(anyText),
  settings: (found, field) => {
    const its = object(found, field);
    for (const [name, read] of Object.entries(settings)) if (own(its, name) !== undefined) read(its, name);
  },
  epoch: count,
  starts: (found, field) =>
    eachObject(found, field, mostEntries, (one) => {
      for (const [name, read] of Object.entries(start)) read(one, name);
    }),
  botFaults: (found, field) => {
    for (const at of list(found, field, mostEntries))
      if (typeof at !== 'number' || !Number.isFinite(at) || at < 0) throw new NotExpected(field);
  },
  conflictAt: nullOr(amount),
  createdAt: moment,
  updatedAt: moment,
  lastSeen: nullOr(moment),
  restarts: count,
};

/** Never throws. `id` is the one that the file's name gives. */
export function parseRecord(text: string, id: SessionId): ParsedRecord {
  const parsed = parseObject(text);
  if ('problem' in parsed) return damaged(parsed.problem);
  // Records from before these were kept.
  const found: unknown = { epoch: 0, botFaults: [], rejected: [], ...noLogin, ...parsed.found };
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
  const stated = own(found, 'version');
  if (Number.isSafeInteger(stated) && (stated as number) > version) {
    return {
      problem: `it is of version ${String(stated)}, and this program understands ${version}`,
      kind: 'newer',
    };
  }
  const wrong = Object.entries(fields)
    .filter(([name, read]) => !isExpected(found, name, read))
    .map(([name]) => name);
  return wrong.length === 0 ? null : damaged(`not what is expected: ${wrong.join(', ')}`);
}

function isExpected(found: Json, name: string, read: Reader): boolean {
  try {
    read(found, name);
    return true;
  } catch (error) {
    if (error instanceof NotExpected) return false;
    throw error;
  }
}

function damaged(problem: string) {
  return { problem, kind: 'damaged' as const };
}
