import type { LoginEvidence } from '../profile/verdict.ts';
import { subjectOf } from './catalogue.ts';
import type { BackupManifest } from './manifest.ts';

/** Less than this share of the backup before it is sudden: a wiped profile is sound as far as files go. */
const suddenly = 0.5;

/** What there is suddenly much less of, a sentence each. */
export function shrinkage(before: BackupManifest, now: BackupManifest): readonly string[] {
  const measures: readonly (readonly [what: string, of: (manifest: BackupManifest) => number])[] = [
    ['bytes', ({ files }) => files.reduce((sum, { bytes }) => sum + bytes, 0)],
    ['login keys', ({ evidence }) => evidence.loginKeys.length],
    ['stores that hold something', ({ evidence }) => filledStores(evidence)],
    ['records', ({ evidence }) => recordsIn(evidence)],
  ];
  return measures
    .map(([what, of]) => ({ what, was: of(before), is: of(now) }))
    .filter(({ was, is }) => is < was * suddenly)
    .map(
      ({ what, was, is }) =>
        `${subjectOf(now)} holds ${is} ${what}, and the one before it, ${before.id}, held ${was}.`,
    );
}

function filledStores({ databases }: LoginEvidence): number {
  return databases.reduce((sum, { stores }) => sum + stores.filter(({ empty }) => !empty).length, 0);
}

/** 0 where nobody counted, which then compares as no loss of what was counted as nothing. */
function recordsIn({ databases }: LoginEvidence): number {
  return databases.reduce(
    (sum, { stores }) => sum + stores.reduce((inner, { records }) => inner + (records ?? 0), 0),
    0,
  );
}

/**
 * Whether one is a measure for the other. A login that was made anew holds less than the one before, as it should. Where a
 * backup does not say which login it is of, as of a profile that was taken up, the phone has to do.
 */
export function isSameLogin(before: BackupManifest, now: BackupManifest): boolean {
  if (before.login && now.login)
    return before.login.epoch === now.login.epoch && before.login.at === now.login.at;
  // A pairing that nobody knew of before has been made since.
  if (now.login) return false;
  return before.phone === null || now.phone === null || before.phone === now.phone;
}
