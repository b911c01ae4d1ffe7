/**
 * What an installation leaves in a vault to say that it is its own: `owners/<utc>-<installation>-<run>.json`, a new object
 * at each renewal. When one was made is said by the vault's clock; the times in it are for people.
 */
import {
  count,
  type Json,
  longestText,
  moment,
  NotExpected,
  oneOf,
  orNull,
  own,
  parseObject,
  text,
} from '../system/json-fields.ts';
import { compactUtc } from '../system/timestamp.ts';
import { isInstallationId } from './installation.ts';

/** One start of a daemon or a command on one host: two of one installation at once mean that its volume was copied. */
export interface Writer {
  readonly installation: string;
  /** 48 random bits, hex. */
  readonly run: string;
  readonly host: string;
}

export interface OwnerRecord extends Writer {
  readonly version: 1;
  /** `claiming`: it has not looked yet whether somebody else claims as well. */
  readonly phase: 'claiming' | 'owner';
  /** Rises whenever the vault changes hands; 0 while claiming. */
  readonly turn: number;
  /** When it was claimed, by the vault's clock, ISO; null while claiming, where the object's own time says it. */
  readonly claimedAt: string | null;
  /** ISO, by the writer's own clock. */
  readonly renewedAt: string;
}

export const owners = 'owners/';
/** A record has a few hundred bytes. */
export const largestOwnerRecord = 16_384;

const namePattern = /^owners\/\d{8}T\d{6}Z-([0-9a-f]{32})-([0-9a-f]{12})\.json$/;

export function ownerName({ installation, run }: Writer, at: number): string {
  return `${owners}${compactUtc(at)}-${installation}-${run}.json`;
}

/** Null for what is not named like one. */
export function parseOwnerName(name: string): Pick<Writer, 'installation' | 'run'> | null {
  const [, installation, run] = namePattern.exec(name) ?? [];
  return installation === undefined || run === undefined ? null : { installation, run };
}

export function formatOwnerRecord(record: OwnerRecord): string {
  return `${JSON.stringify(record, null, 2)}\n`;
}

/** Null where it is none that this version understands. Never throws. */
export function parseOwnerRecord(written: string): OwnerRecord | null {
  const parsed = parseObject(written);
  if ('problem' in parsed) return null;
  try {
    return recordOf(parsed.found);
  } catch (error) {
    if (error instanceof NotExpected) return null;
    throw error;
  }
}

function recordOf(found: Json): OwnerRecord {
  if (own(found, 'version') !== 1) throw new NotExpected('version');
  const installation = own(found, 'installation');
  if (!isInstallationId(installation)) throw new NotExpected('installation');
  return {
    version: 1,
    installation,
    run: text(found, 'run', longestText),
    host: text(found, 'host', longestText),
    phase: oneOf('claiming', 'owner')(found, 'phase'),
    turn: count(found, 'turn'),
    claimedAt: orNull(found, 'claimedAt', moment),
    renewedAt: moment(found, 'renewedAt'),
  };
}
