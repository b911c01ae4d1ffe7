/**
 * A session whose record is there but can neither be used nor be written over: a newer version's, or on a disk that
 * fails. It is shown, and refuses whatever is asked of it.
 */
import { VigilError } from '../errors.ts';
import type { SessionId } from '../session/id.ts';
import { newRecord } from '../session/record.ts';
import type { SessionView } from '../session/session-view.ts';
import { viewOf } from '../session/view.ts';

export interface HeldSession {
  readonly id: SessionId;
  readonly problem: string;
}

/** The reason of every session that is stopped since nobody knows whether it was wanted. */
export const recordUnusable = 'record_unusable';

export function heldView({ id, problem }: HeldSession, now: number): SessionView {
  const record = { ...newRecord(id, now), wanted: 'stopped' } as const;
  const view = viewOf(record, { name: 'stopped' }, now);
  return { ...view, reason: recordUnusable, remedy: `Its record cannot be used: ${problem}.` };
}

/** Why a session is stopped that nobody has stopped. */
export interface Note {
  readonly id: SessionId;
  /** `record`: its record was damaged and set aside. `profile`: a profile was found that no record knows of. */
  readonly about: 'record' | 'profile';
  /** For the record a clause; for the profile a sentence. */
  readonly problem: string;
}

/** What it was is a guess until a person says. */
export function notedView(view: SessionView, { about, problem }: Note): SessionView {
  const ways = `\`vigil start ${view.id}\` tries the login that is there, \`vigil pair ${view.id}\` links it anew.`;
  if (about === 'profile') return { ...view, reason: 'profile_found', remedy: `${problem} ${ways}` };
  const remedy = `Its record was damaged and set aside (${problem}): ${ways}`;
  return { ...view, reason: recordUnusable, remedy };
}

export function heldRefusal({ id, problem }: HeldSession): VigilError {
  return new VigilError('session_refused', `The record of session "${id}" cannot be used: ${problem}.`, {
    subject: id,
    remedy: 'Run the version that wrote it, or mend the file or the disk, and restart the daemon.',
  });
}
