/** Names of objects as the port allows them: safe as paths, as keys and as URLs alike. */
import { VigilError } from '../errors.ts';

const part = /^[A-Za-z0-9._-]{1,200}$/;

export function isObjectName(name: string): boolean {
  return name.split('/').every((one) => part.test(one) && one !== '.' && one !== '..');
}

/** Throws `internal`: names are made by this program, never by a person. */
export function requireObjectName(name: string): void {
  if (!isObjectName(name)) throw malformed(name);
}

/** Whole parts, so that `sessions/main` is not the beginning of `sessions/main2`. Empty: everything. */
export function requirePrefix(prefix: string): void {
  if (prefix !== '' && !(prefix.endsWith('/') && isObjectName(prefix.slice(0, -1)))) throw malformed(prefix);
}

function malformed(name: string): VigilError {
  return new VigilError('internal', `${JSON.stringify(name.slice(0, 200))} is no name that a vault takes.`);
}
