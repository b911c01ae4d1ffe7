/** Which login a session has and a backup holds: a backup of another one is not to be tried. */
import type { BackupManifest, LoginOrigin } from '../backup/manifest.ts';
import type { SessionRecord } from '../session/record.ts';

type Pairing = Pick<SessionRecord, 'pairedAt' | 'pairedEpoch'>;

/** Null where the login was taken up as it lay there, and nobody knows of a pairing. */
export function originOf({ pairedAt, pairedEpoch }: Pairing): LoginOrigin | null {
  return pairedAt === null ? null : { epoch: pairedEpoch, at: new Date(pairedAt).toISOString() };
}

export const notTaken = 'WhatsApp did not take it';

/**
 * Why a backup is not to be tried, the rest of a sentence; null when it may be. One of another login would be refused by
 * WhatsApp, or be somebody else's.
 */
export function refusal(
  { createdAt, epoch, id, login, phone }: BackupManifest,
  session: Pairing & Pick<SessionRecord, 'phone'>,
  except: readonly string[],
): string | null {
  if (except.includes(id)) return notTaken;
  if (phone !== null && session.phone !== null && phone !== session.phone) return 'it is of another phone';
  const origin = originOf(session);
  // Where both say which login it is, no clock is asked: one that was ahead at the pairing would refuse them all.
  if (login && origin)
    return login.epoch === origin.epoch && login.at === origin.at ? null : 'it is of another login';
  const isEarlier =
    epoch < session.pairedEpoch || (origin !== null && Date.parse(createdAt) < Date.parse(origin.at));
  return isEarlier ? 'it is of a login before this one' : null;
}
