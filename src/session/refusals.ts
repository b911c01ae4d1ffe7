/** Why a session is not backed up or looked at as it is. */
import { VigilError } from '../errors.ts';
import type { SessionId } from './id.ts';
import type { Status } from './status.ts';

export function withoutLogin(id: SessionId): VigilError {
  return new VigilError(
    'session_refused',
    `Session "${id}" cannot be backed up: it holds no login that is settled.`,
    { subject: id, remedy: `Link it first: \`vigil pair ${id}\`.` },
  );
}

/** @param what what was to be done to it: `backed up` */
export function notStill(id: SessionId, what: string, status: Status): VigilError {
  return new VigilError('session_refused', `Session "${id}" cannot be ${what} while it is ${status}.`, {
    subject: id,
    remedy: 'Wait until it is ready or stopped, and try again.',
  });
}
