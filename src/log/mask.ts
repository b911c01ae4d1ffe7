/**
 * Masks a parsed log line. Fields whose name says that they hold a credential or what people wrote are masked
 * whatever they hold; every other string, names of fields included, is scrubbed.
 */
import { constants } from 'node:os';
import { catalogue } from '../errors.ts';
import { isSessionId } from '../session/id.ts';
import { scrub } from './redact.ts';
import { maskRegistered } from './secrets.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** `<compact time>-<epoch>-<12 hex digits>`; see backup/backup-names.ts. */
const backupId = /^\d{8}T\d{6}Z-\d{1,10}-[0-9a-f]{12}$/;
const longest = 8_192;
const scrubbedAtMost = 65_536;
/** A secret that the cut at `scrubbedAtMost` went through is no longer recognised; its rest ends here. */
const cutEdge = 512;
const deepest = 12;

/** Names of fields, small letters and digits only. */
const secretNames: ReadonlySet<string> = new Set(
  'qr qrcode code pairingcode body caption phone phonenumber pushname apikey xapikey token authorization cookie setcookie password passwd passphrase secret privatekey identity'.split(
    ' ',
  ),
);
const secretEndings = [
  'apikey',
  'token',
  'secret',
  'password',
  'passphrase',
  'privatekey',
  'accesskey',
  'rolekey',
];

export function maskLine(line: { readonly [key: string]: Json }): { readonly [key: string]: Json } {
  return maskObject(line, 0);
}

function mask(value: Json, depth: number): Json {
  if (typeof value === 'string') return scrubBounded(value);
  if (value === null || typeof value !== 'object') return value;
  if (depth >= deepest) return '[too deep]';
  if (Array.isArray(value)) return value.map((item: Json) => mask(item, depth + 1));
  return maskObject(value as { readonly [key: string]: Json }, depth);
}

function maskObject(
  value: { readonly [key: string]: Json },
  depth: number,
): { readonly [key: string]: Json } {
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [scrubBounded(name), maskField(name, item, depth + 1)]),
  );
}

function maskField(name: string, value: Json, depth: number): Json {
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
  if (plain === 'code' && isErrorCode(value)) return value;
  // An id made of digits is an id: it is what the line is about.
  if (plain === 'session' && isSessionId(value)) return maskRegistered(value);
  // So is a backup's, which ends in a part of a hash and would pass for a key.
  if (plain === 'backup' && typeof value === 'string' && backupId.test(value)) return value;
  if (secretNames.has(plain) || secretEndings.some((ending) => plain.endsWith(ending))) {
    return value === null || typeof value === 'boolean' ? value : '[masked]';
  }
  return mask(value, depth);
}

/** `code` is a pairing code in one place and what the operating system said in another. */
function isErrorCode(value: Json): boolean {
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 1_000;
  if (typeof value !== 'string') return false;
  return (
    value in constants.errno || Object.hasOwn(catalogue, value) || /^(?:ERR|SQLITE)_[A-Z_]+$/.test(value)
  );
}

function scrubBounded(text: string): string {
  if (text.length <= scrubbedAtMost) {
    const scrubbed = scrub(text);
    return scrubbed.length <= longest ? scrubbed : `${scrubbed.slice(0, longest)}…`;
  }
  const scrubbed = scrub(text.slice(0, scrubbedAtMost));
  return `${scrubbed.slice(0, Math.max(0, Math.min(longest, scrubbed.length - cutEdge)))}… (${text.length} characters)`;
}
