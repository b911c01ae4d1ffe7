import { createHash } from 'node:crypto';
import type { SessionRecord } from '../session/record.ts';

/**
 * Over what a snapshot must not be behind in: whether a session is wanted, why it failed, which login it has, what a person
 * has set. What changes with every start is left out, or each start would be a snapshot.
 */
export function stateDigest(records: readonly SessionRecord[]): string {
  const digest = createHash('sha256');
  for (const record of records.toSorted((a, b) => (a.id < b.id ? -1 : 1))) {
    const { id, wanted, failure, login, pairedEpoch, pairedAt, rejected, phone, settings } = record;
    const own = Object.entries(settings).sort(([a], [b]) => (a < b ? -1 : 1));
    digest.update(JSON.stringify([id, wanted, failure, login, pairedEpoch, pairedAt, rejected, phone, own]));
  }
  return digest.digest('hex');
}
