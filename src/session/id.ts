import { VigilError } from '../errors.ts';

/** A session's id, checked: safe as a path segment, as a word of a URL and as LocalAuth's `clientId`. */
export type SessionId = string & { readonly __sessionId: true };

const pattern = /^[A-Za-z0-9_-]{1,64}$/;

/** Words that are routes beside `/api/sessions/:id`. */
const reserved: ReadonlySet<string> = new Set([
  'stats',
  'active',
  'connected',
  'problematic',
  'cleanup-inactive',
  'reset-problematic',
]);

export function isSessionId(text: unknown): text is SessionId {
  return typeof text === 'string' && pattern.test(text) && !reserved.has(text);
}

/** Throws `invalid_session_id`. The offending text is quoted shortened and with control characters escaped. */
export function sessionId(text: unknown): SessionId {
  if (isSessionId(text)) return text;
  const shown =
    typeof text === 'string'
      ? JSON.stringify(text.length > 70 ? `${text.slice(0, 70)}…` : text)
      : typeof text;
  const why =
    typeof text === 'string' && reserved.has(text)
      ? 'is a reserved word'
      : 'is not 1 to 64 letters, digits, hyphens or underscores';
  throw new VigilError('invalid_session_id', `The session id ${shown} ${why}.`);
}
