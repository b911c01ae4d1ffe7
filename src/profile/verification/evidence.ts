/**
 * Whether what shows a login is still there. Lenient on purpose: a false alarm costs a roll-back to an older backup,
 * and WhatsApp itself drops records, stores and whole databases over time.
 */
import type { DatabaseEvidence, LoginEvidence } from '../verdict.ts';

/**
 * What is missing, as a sentence; null when nothing is. Against what was recorded: all of the login keys gone, or the
 * records of all databases. A browser that wipes an origin wipes all of them; that WhatsApp gives one up is
 * no loss of the login. Without a record: there has to be a login key, and a database with something in it.
 */
export function missingEvidence(expected: LoginEvidence | null, found: LoginEvidence): string | null {
  if (!expected) return missingLogin(found);
  const { loginKeys } = expected;
  if (loginKeys.length > 0 && !loginKeys.some((key) => found.loginKeys.includes(key)))
    return `Local Storage lacks ${loginKeys.join(', ')}, which a login had left there.`;
  const filled = expected.databases.filter(hasRecords);
  if (filled.length === 0) return null;
  const kept = filled.some((before) => {
    const now = found.databases.find(({ name }) => name === before.name);
    return now !== undefined && !hasEmptied(before, now);
  });
  if (kept) return null;
  return `IndexedDB holds nothing any more of ${filled.map(({ name }) => printable(name)).join(', ')}, where a login had its records.`;
}

function missingLogin({ loginKeys, databases }: LoginEvidence): string | null {
  if (loginKeys.length === 0) return 'Local Storage holds none of the keys that a login leaves there.';
  if (!databases.some(hasRecords)) return 'IndexedDB holds no database with records.';
  return null;
}

function hasRecords({ stores }: DatabaseEvidence): boolean {
  return stores.some(({ empty }) => !empty);
}

/** Stores that come with a new version of the page may hold something all the same. */
function hasEmptied(before: DatabaseEvidence, now: DatabaseEvidence): boolean {
  const filled = before.stores.filter(({ empty }) => !empty);
  return filled.every(({ name }) => now.stores.find((store) => store.name === name)?.empty ?? true);
}

/** A page chooses the names, and they go to terminals and logs. */
function printable(name: string): string {
  return name.replaceAll(/\p{C}/gu, '?').slice(0, 60);
}
