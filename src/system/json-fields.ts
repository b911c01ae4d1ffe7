/**
 * JSON that came from outside (a vault, the volume), and its fields, each with its type and its bounds: manifests,
 * records, journals. `field` is the whole name, for the message: `archive.bytes` is looked for as `bytes`.
 */

/** Ends the reading at the first field that is not what it should be. */
export class NotExpected extends Error {}

export const longestText = 200;
export const longestName = 1_000;

export type Json = Readonly<Record<string, unknown>>;

/** Of a field; throws `NotExpected`. */
export type Reader<T = unknown> = (found: Json, field: string) => T;

/** The object that a text holds, or what is wrong with it, the rest of a sentence. */
export function parseObject(text: string): { readonly found: Json } | { readonly problem: string } {
  let found: unknown;
  try {
    found = JSON.parse(text);
  } catch {
    return { problem: text.trim() === '' ? 'it is empty' : 'it is not JSON' };
  }
  return isObject(found) ? { found } : { problem: 'it is not an object' };
}

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

/** Whatever a person or another program called something. */
export function anyText(found: Json, field: string): string {
  const value = own(found, last(field));
  if (typeof value !== 'string') throw new NotExpected(field);
  return value;
}

export function flag(found: Json, field: string): boolean {
  const value = own(found, last(field));
  if (typeof value !== 'boolean') throw new NotExpected(field);
  return value;
}

export function oneOf<T extends string>(...words: readonly T[]): Reader<T> {
  return (found, field) => {
    const value = own(found, last(field));
    if (!words.includes(value as T)) throw new NotExpected(field);
    return value as T;
  };
}

/** Of a list, one after the other. */
export function eachObject<T>(found: Json, field: string, most: number, read: (one: Json) => T): T[] {
  return list(found, field, most).map((one) => {
    if (!isObject(one)) throw new NotExpected(field);
    return read(one);
  });
}

/** Of a list of texts, whatever they say. */
export function eachText(found: Json, field: string, most: number): readonly string[] {
  return list(found, field, most).map((one) => {
    if (typeof one !== 'string') throw new NotExpected(field);
    return one;
  });
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

export function orNull<T>(found: Json, field: string, read: Reader<T>): T | null {
  return own(found, last(field)) === null ? null : read(found, field);
}

/** No fraction is lost: milliseconds may have one. */
export function amount(found: Json, field: string): number {
  const value = own(found, last(field));
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw new NotExpected(field);
  return value;
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
