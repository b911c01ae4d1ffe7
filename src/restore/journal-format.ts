/** The text of a journal, both ways. Names only, never paths: whatever it holds, nothing beyond our directories moves. */
import { isBackupId } from '../backup/backup-names.ts';
import { evidenceOf } from '../profile/evidence-format.ts';
import type { LoginEvidence } from '../profile/verdict.ts';
import type { SessionId } from '../session/id.ts';
import { type Json, moment, NotExpected, object, own, parseObject, text } from '../system/json-fields.ts';

/**
 * A restore that is past its last check and not over: a verified profile lies in staging, and takes the place of
 * the one that is there. How far it came is not written down, since the disk says it: which of the three places
 * (staging, the profile's own, quarantine) hold something.
 */
export interface RestoreJournal {
  readonly version: 1;
  readonly session: SessionId;
  readonly backup: {
    readonly id: string;
    /** ISO time of the copy. */
    readonly at: string;
  };
  /** Name within `vigil/staging/`; the profile is `profile` in it. */
  readonly staged: string;
  /** Name within `vigil/quarantine/<session>/` for what was there; null when there was nothing. */
  readonly quarantine: string | null;
  readonly evidence: LoginEvidence;
}

const version: RestoreJournal['version'] = 1;

export function formatJournal(journal: RestoreJournal): string {
  return `${JSON.stringify(journal, null, 2)}\n`;
}

/** Never throws. `session` is the one that the file's name gives. */
export function parseJournal(
  content: string,
  session: SessionId,
): { readonly journal: RestoreJournal } | { readonly problem: string } {
  const parsed = parseObject(content);
  if ('problem' in parsed) return parsed;
  try {
    return { journal: journalOf(parsed.found, session) };
  } catch (error) {
    if (error instanceof NotExpected) return { problem: `not what is expected: ${error.message}` };
    throw error;
  }
}

function journalOf(found: Json, session: SessionId): RestoreJournal {
  if (own(found, 'version') !== version) throw new NotExpected('version');
  if (own(found, 'session') !== session) throw new NotExpected('session');
  const backup = object(found, 'backup');
  const id = own(backup, 'id');
  if (!isBackupId(id)) throw new NotExpected('backup.id');
  return {
    version,
    session,
    backup: { id, at: moment(backup, 'backup.at') },
    staged: nameIn(found, 'staged', /^restore-[A-Za-z0-9_-]{1,64}-[0-9a-f]{12}$/),
    quarantine:
      own(found, 'quarantine') === null
        ? null
        : nameIn(found, 'quarantine', /^\d{8}T\d{6}Z-[a-z0-9_-]{1,40}(?:-\d{1,9})?$/),
    evidence: evidenceOf(object(found, 'evidence')),
  };
}

function nameIn(found: Json, field: string, pattern: RegExp): string {
  const name = text(found, field, 200);
  if (!pattern.test(name)) throw new NotExpected(field);
  return name;
}
