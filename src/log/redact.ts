/**
 * What may not reach a log line, however it got into the text: QR strings and pairing codes (credentials of a
 * whole WhatsApp account), phone numbers and JIDs, keys, tokens and secrets, message bodies.
 *
 * It errs on the side of masking. What people need to read a log stays: pids, ports, durations, ISO times,
 * UUIDs, paths, versions. Every pattern is bounded, so that no text makes it slow.
 */
import { maskBlobs } from './blobs.ts';
import { maskRegistered } from './secrets.ts';

const jid =
  /\d[\d.:_-]{3,60}@(?:c\.us|s\.whatsapp\.net|lid|g\.us|broadcast|newsletter|hosted(?:\.lid)?|call|bot)(?![A-Za-z0-9])/g;

/** `2@…,…,…`: reference, noise key, identity key, secret. Also inside a wa.me link. */
const qr = /\b\d@[A-Za-z0-9+/=_-]{8,}(?:,[A-Za-z0-9+/=_-]*)*/g;

/** A QR that was drawn with block characters. */
const drawnQr = /[\u2580-\u259f](?:[\u2580-\u259f \r\n]){15,}/g;

/** The same with coloured spaces, as programs for terminals draw it. */
const colouredQr = new RegExp(`(?:${String.fromCharCode(27)}\\[[\\d;]{0,8}m {0,4}){16,}`, 'g');

const pairingCode = /(?<![\w-])[A-Z0-9]{4}-[A-Z0-9]{4}(?![\w-])/g;

/** Without the hyphen it looks like any word, so that it must be called a code. WhatsApp uses no I, O, U, 0. */
const labelledCode =
  /((?:[Pp]airing|[Ll]ink(?:ing)?|PAIRING|LINK)[ _-]?(?:[Cc]ode|CODE)\W{0,4}(?:is\W{1,3})?|\b(?:[Cc]ode|CODE)(?:\W{1,4}|\Wis\W{1,3}))(?:[1-9A-HJ-NP-TV-Z]{8}|[1-9A-HJ-NP-TV-Z]{4} [1-9A-HJ-NP-TV-Z]{4})\b/g;

const plusNumber = /\+\d(?:[\s().-]{0,2}\d){6,17}/g;

/** A compact time (`20261122T164200Z`) and a counted duration or size are no phone numbers. */
const bareNumber = /(?<!\d)\d{8,}(?!\d)(?!T\d{6}Z)(?!\s?(?:ms|s|bytes|B)\b)/g;

const labelledSecret =
  /((?:api[-_]?key|access[-_]?key|_key|secret|token|password|passwd|authorization)["']?\s{0,3}[:=]\s{0,3}["']?)(?:(?:bearer|basic)\s+)?[^\s"',;&]+/gi;
const cookie = /(cookie["']?\s{0,3}[:=]\s{0,3})[^\r\n"']+/gi;
const bearer = /\b(bearer|basic)(\s+)[A-Za-z0-9+/=._~-]{6,}/gi;
const knownForms =
  /\beyJ[\w-]{8,}(?:\.[\w-]*){1,4}|\b(?:sk|pk|rk|sb|sbp|ghp|gho|whsec|xox[a-z])[-_][A-Za-z0-9_-]{12,}|\bAKIA[A-Z0-9]{12,}|\bAGE-SECRET-KEY-1[A-Z0-9]+/g;
const urlCredentials = /(:\/\/)[^\s/@:]*:[^\s/@]+@/g;
const dataUrl = /data:[\w/+.-]{0,80};base64,[A-Za-z0-9+/=]+/g;

/** Objects that somebody turned into text before logging them. */
const quotedField =
  /("(?:qr|qrcode|code|pairingcode|body|caption|phone|phonenumber|pushname|apikey|token|authorization|cookie|password|secret)"\s{0,3}:\s{0,3})"(?:[^"\\]|\\.)*"/gi;

const uuid = /(\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)/;

/** The text with everything of that kind replaced by a word in brackets that says what it was. */
export function scrub(text: string): string {
  const labelled = maskRegistered(text)
    .replace(quotedField, '$1"[masked]"')
    .replace(dataUrl, '[data]')
    .replace(qr, '[qr]')
    .replace(drawnQr, '[qr]')
    .replace(colouredQr, '[qr]')
    .replace(jid, '[jid]')
    .replace(cookie, '$1[secret]')
    .replace(labelledSecret, '$1[secret]')
    .replace(bearer, '$1$2[secret]')
    .replace(knownForms, '[secret]')
    .replace(urlCredentials, '$1[secret]@')
    .replace(pairingCode, '[code]')
    .replace(labelledCode, '$1[code]');
  return labelled
    .split(uuid)
    .map((part, index) => (index % 2 === 1 ? part : scrubUnlabelled(part)))
    .join('');
}

function scrubUnlabelled(text: string): string {
  return maskBlobs(text).replace(plusNumber, '[phone]').replace(bareNumber, '[number]');
}
