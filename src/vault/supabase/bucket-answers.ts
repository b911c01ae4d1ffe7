/**
 * What Storage answers, read defensively: a gateway, an older server or a cut-off body may put anything in its place, an
 * empty object included. What cannot be read is `StorageFailure` without a code: nobody knows what came of the request.
 */
import { StorageFailure } from './storage-failure.ts';

type Json = Readonly<Record<string, unknown>>;

export interface Info {
  readonly bytes: number;
  /** ISO, by the server's clock. */
  readonly modifiedAt: string;
  /** Hex; null where whoever put it did not say. */
  readonly sha256: string | null;
}

export interface Entry {
  /** Without what stands in front of it. */
  readonly name: string;
  /** Null: a folder. */
  readonly object: { readonly bytes: number; readonly modifiedAt: string; readonly createdAt: string } | null;
}

export function readInfo(answer: unknown): Info {
  const found = object(answer);
  const sha256 = isObject(found['metadata']) ? found['metadata']['sha256'] : null;
  return {
    bytes: size(found['size']),
    modifiedAt: moment(found['lastModified']),
    sha256: typeof sha256 === 'string' && /^[0-9a-f]{64}$/.test(sha256) ? sha256 : null,
  };
}

export function readEntries(answer: unknown): Entry[] {
  if (!Array.isArray(answer)) throw unreadable();
  return answer.map((one) => {
    const found = object(one);
    const name = found['name'];
    if (typeof name !== 'string' || name === '') throw unreadable();
    if (found['id'] === null) return { name, object: null };
    const [modifiedAt, createdAt] = [moment(found['updated_at']), moment(found['created_at'])];
    return { name, object: { bytes: size(object(found['metadata'])['size']), modifiedAt, createdAt } };
  });
}

/** The keys of the rows that are gone. */
export function readRemoved(answer: unknown): string[] {
  if (!Array.isArray(answer)) throw unreadable();
  return answer.map((one) => {
    const { name } = object(one);
    if (typeof name !== 'string') throw unreadable();
    return name;
  });
}

export function readBucket(answer: unknown): { readonly public: boolean } {
  const found = object(answer);
  if (typeof found['id'] !== 'string' || typeof found['public'] !== 'boolean') throw unreadable();
  return { public: found['public'] };
}

/** Of something that was done. Throws where the answer does not say so. */
export function requireSaid(answer: unknown, field: string): void {
  const said = object(answer)[field];
  if (typeof said !== 'string' || said === '') throw unreadable();
}

function unreadable(): StorageFailure {
  return new StorageFailure(null, 'an answer that does not say what it should');
}

function object(value: unknown): Json {
  if (!isObject(value)) throw unreadable();
  return value;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function size(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw unreadable();
  return value as number;
}

function moment(value: unknown): string {
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  if (Number.isNaN(at)) throw unreadable();
  // One spelling: a listing and a single answer write the same moment differently.
  return new Date(at).toISOString();
}
