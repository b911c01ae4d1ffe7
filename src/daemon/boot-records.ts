/**
 * Which sessions there are at the start: the records on the volume, then what only the registry remembers,
 * then profiles that nobody knows of, then what the settings ask for. A session whose record cannot be read is not
 * started on a guess.
 */
import type { Logger } from '../log.ts';
import type { Adopted } from '../profile/adopt.ts';
import type { Registry } from '../registry/registry.ts';
import type { SessionId } from '../session/id.ts';
import { newRecord, type SessionRecord } from '../session/record.ts';

export interface ReadRecords {
  readonly records: readonly SessionRecord[];
  /** Sessions whose file was there but could not be used; without `keptAs` it still lies there. */
  readonly damaged: readonly {
    readonly id: SessionId;
    readonly problem: string;
    readonly keptAs?: string | null;
  }[];
}

export async function bootRecords(options: {
  readonly read: ReadRecords;
  readonly registry: Pick<Registry, 'sessions'>;
  /** Sessions to create when there is nothing of them yet. */
  readonly wanted: readonly SessionId[];
  /** Profiles of sessions other than these. */
  readonly adopt?: (known: ReadonlySet<SessionId>) => Promise<readonly Adopted[]>;
  /**
   * Whether a session that nothing else is known of may come back from the vault by itself. Not from one that another
   * installation may use as well: two browsers would run as one device.
   */
  readonly mayBeInVault?: boolean;
  readonly now: number;
  readonly log: Logger;
}): Promise<readonly SessionRecord[]> {
  const { read, registry, wanted, now, log } = options;
  const login = options.mayBeInVault === true ? 'unknown' : 'none';
  const unknown = (id: SessionId): SessionRecord => ({ ...newRecord(id, now), login });
  const byId = new Map(read.records.map((record) => [record.id, record]));
  const remembered = await registry.sessions().catch((error) => {
    log.warn({ err: error }, 'The registry cannot be read; the records on the volume are used alone');
    return [];
  });
  for (const record of remembered) {
    // A mirror may be old: it may say what was wanted, not that a profile is worthless.
    if (!byId.has(record.id)) byId.set(record.id, { ...record, forfeited: false });
  }
  for (const { id, problem, keptAs } of read.damaged) {
    const known = byId.get(id);
    log.error(
      { session: id, problem, keptAs, from: known ? 'the registry' : 'nothing' },
      'The record of a session cannot be used',
    );
    // Whether it had been stopped or logged out is not known: a person decides.
    if (!known) byId.set(id, { ...unknown(id), wanted: 'stopped' });
  }
  for (const { record, found } of (await options.adopt?.(new Set(byId.keys()))) ?? []) {
    // A session that is asked for and has no login yet is to be paired.
    if (found !== 'no_login') byId.set(record.id, record);
    // What it had may be in the vault, which is asked before anybody is shown a QR.
    else if (!wanted.includes(record.id)) byId.set(record.id, { ...record, login });
  }
  for (const id of wanted) {
    if (!byId.has(id)) byId.set(id, unknown(id));
  }
  return [...byId.values()];
}
