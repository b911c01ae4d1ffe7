/**
 * Fields of JSON that came from outside, each with its type and its bounds. `field` is the whole name, for the message:
 * `archive.bytes` is looked for as `bytes`.
 */

/** Ends the reading at the first field that is not what it should be. */
export class NotExpected extends Error {}

export const longestText = 200;
export const longestName = 1_000;

export type Json = Readonly<Record<string, unknown>>;

const last = (field: string) => field.slice(field.lastIndexOf('.') + 1);

export function own(found: Json, name: string): unknown {
  return Object.hasOwn(found, name) ? found[name] : undefined;
}

export function object(found: Json, field: string): Json {
  const value = own(found, last(field));
  if (!isObject(value)) throw new NotExpected(field);
  return value;
}

export function list(found: Json, field: string, most: number): readonly unknown[] {
  const value = own(found, last(field));
  if (!Array.isArray(value)) throw new NotExpected(field);
  if (value.length > most) throw new NotExpected(`${field}, of which there are ${value.length}`);
  return value;
}

export function text(found: Json, field: string, longest: number): string {
  const value = own(found, last(field));
  if (typeof value !== 'string' || value === '' || value.length > longest || /\p{Cc}/u.test(value))
    throw new NotExpected(field);
  return value;
}

/** Chosen by whoever wrote the page, so anything that is text; compared and never used as a path. */
export function nameOf(value: unknown, field: string): string {
  if (typeof value !== 'string' || value.length > longestName) throw new NotExpected(field);
  return value;
}

export const short = (found: Json, field: string) => text(found, field, longestText);

export function digits(found: Json, field: string): string {
  const value = own(found, last(field));
  if (typeof value !== 'string' || !/^\d{1,20}$/.test(value)) throw new NotExpected(field);
  return value;
}

export function orNull<T>(found: Json, field: string, read: (found: Json, field: string) => T): T | null {
  return own(found, last(field)) === null ? null : read(found, field);
}

export function count(found: Json, field: string): number {
  const value = own(found, last(field));
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new NotExpected(field);
  return value as number;
}

export function hash(found: Json, field: string): string {
  const value = own(found, last(field));
  if (typeof value !== 'string' || !/^[0-9a-f]{64}$/.test(value)) throw new NotExpected(field);
  return value;
}

export function moment(found: Json, field: string): string {
  const value = own(found, last(field));
  if (typeof value !== 'string' || value.length > 30 || Number.isNaN(Date.parse(value)))
    throw new NotExpected(field);
  return value;
}

export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
