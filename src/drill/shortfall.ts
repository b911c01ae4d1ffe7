/**
 * Whether a browser finds in a backup what its manifest says. Not lenient as a look at a profile is
 * (profile/verification/evidence.ts): WhatsApp drops things from a profile over time, and a backup does not change. Yet a
 * store by itself decides nothing: the copy may have caught a browser in the middle of a transaction, which the next one
 * undoes.
 */
import type { DatabaseEvidence, LoginEvidence } from '../profile/verdict.ts';
import type { OfflineFindings } from './offline-browser.ts';

export interface Comparison {
  /** What is missing, a sentence; null where nothing is. */
  readonly problem: string | null;
  /** A sentence each. */
  readonly warnings: readonly string[];
}

export function compare(expected: LoginEvidence, found: OfflineFindings): Comparison {
  return { problem: missing(expected, found), warnings: emptied(expected, found) };
}

function missing(expected: LoginEvidence, found: OfflineFindings): string | null {
  if (found.problems.length > 0) return `In a browser ${found.problems.join(', and ')}.`;
  const keys = expected.loginKeys.filter((key) => !found.loginKeys.includes(key));
  if (keys.length > 0)
    return `A browser finds no ${named(keys)} in its Local Storage, which its manifest names.`;
  const lost = expected.databases.filter(hasRecords).filter((one) => !hasRecords(inIt(one, found)));
  if (lost.length > 0)
    return `A browser finds no record in ${named(lost.map(({ name }) => name))}, which had some when it was taken.`;
  // One without any of it never was a backup of a login.
  if (found.loginKeys.length === 0)
    return 'A browser finds none of the keys that a login leaves in Local Storage.';
  if (!found.databases.some(hasRecords)) return 'A browser finds no database with records.';
  return null;
}

function emptied(expected: LoginEvidence, found: LoginEvidence): readonly string[] {
  return expected.databases.flatMap((one) => {
    const there = inIt(one, found);
    const names = one.stores
      .filter(
        ({ name, empty }) => !empty && (there.stores.find((store) => store.name === name)?.empty ?? true),
      )
      .map(({ name }) => name);
    if (names.length === 0 || !hasRecords(there)) return [];
    return [
      `Of ${printable(one.name)} a browser finds ${named(names)} empty, which held something when it was taken.`,
    ];
  });
}

function inIt({ name }: DatabaseEvidence, { databases }: LoginEvidence): DatabaseEvidence {
  return databases.find((one) => one.name === name) ?? { name, stores: [] };
}

function hasRecords({ stores }: DatabaseEvidence): boolean {
  return stores.some(({ empty }) => !empty);
}

const mostNames = 8;

function named(names: readonly string[]): string {
  const shown = names.slice(0, mostNames).map(printable).join(', ');
  return names.length > mostNames ? `${shown} and ${names.length - mostNames} more` : shown;
}

/** A page chose the names, and they go to terminals and logs. */
function printable(name: string): string {
  return name.replaceAll(/\p{C}/gu, '?').slice(0, 60);
}
