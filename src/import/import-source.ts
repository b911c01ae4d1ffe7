/** What a person has of a session: a browser's profile in a directory, or packed into a zip. */
import { isSessionId, type SessionId } from '../session/id.ts';
import { bareSession } from '../volume/layout.ts';

export interface ImportSource {
  readonly form: 'directory' | 'zip';
  /** Absolute, and no link on the way. */
  readonly path: string;
  /** Whose it is, by its name; null where that does not say. */
  readonly session: SessionId | null;
}

/**
 * How whatsapp-web.js (LocalAuth, RemoteAuth) and what is built on it name a profile's directory, and wa-automate its own.
 * OpenWA, WAHA and wwebjs-api leave it to LocalAuth.
 */
const named = /^(?:session-|RemoteAuth-|_IGNORE_)(.+)$/s;

/**
 * The session that a directory's name, or a zip's without its ending, stands for. Null for a name that means one and is
 * no id here; undefined for any other.
 */
export function sessionOfName(name: string): SessionId | null | undefined {
  if (name === 'session' || name === 'RemoteAuth') return bareSession;
  const [, id] = named.exec(name) ?? [];
  if (id === undefined) return undefined;
  return isSessionId(id) ? id : null;
}

const ending = /\.zip$/i;

export function isZipName(name: string): boolean {
  return ending.test(name);
}

export function withoutEnding(name: string): string {
  return name.replace(ending, '');
}
