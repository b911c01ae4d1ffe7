/**
 * A session whose record is there but can neither be used nor be written over: a newer version's, or on a disk that
 * fails. It is shown, and refuses whatever is asked of it.
 */
import { VigilError } from '../errors.ts';
import type { SessionId } from '../session/id.ts';
import { newRecord } from '../session/record.ts';
import { viewOf } from '../session/view.ts';
import type { SessionView } from './operations.ts';

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

/** A stopped session whose record was damaged and set aside: what it was is a guess until a person says. */
export function guessedView(view: SessionView, problem: string): SessionView {
  const remedy = `Its record was damaged and set aside (${problem}): \`vigil start ${view.id}\` tries the login that is there, \`vigil pair ${view.id}\` links it anew.`;
  return { ...view, reason: recordUnusable, remedy };
}

export function heldRefusal({ id, problem }: HeldSession): VigilError {
  return new VigilError('session_refused', `The record of session "${id}" cannot be used: ${problem}.`, {
    subject: id,
    remedy: 'Run the version that wrote it, or mend the file or the disk, and restart the daemon.',
  });
}
