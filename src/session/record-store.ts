/**
 * The records on the volume: `vigil/sessions/<id>.json`, the authority on which sessions are wanted.
 *
 * A record that cannot be read is never taken for one that does not exist, since a session that does not exist
 * may be created and started: it is reported, set aside under another name, and reported again at every start
 * until a person's command writes a new one. Only the holder of the volume's lock uses this.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { toVigilError, VigilError } from '../errors.ts';
import type { Clock } from '../system/clock.ts';
import type { Disk } from '../system/disk.ts';
import { diskError } from '../system/disk-error.ts';
import { freeName } from '../system/free-name.ts';
import { readText } from '../system/read-text.ts';
import { compactUtc } from '../system/timestamp.ts';
import { recordPath, type VolumeLayout } from '../volume/layout.ts';
import { isSessionId, type SessionId } from './id.ts';
import type { SessionRecord } from './record.ts';
import { formatRecord, type ParsedRecord, parseRecord, recordProblem } from './record-format.ts';

export interface DamagedRecord {
  readonly id: SessionId;
  readonly problem: string;
  /** Where it was set aside; null when it lies where it lay (a newer version's, or one that cannot be moved). */
  readonly keptAs: string | null;
}

export interface StoredRecords {
  readonly records: readonly SessionRecord[];
  readonly damaged: readonly DamagedRecord[];
}

/** A disk that refuses one record says nothing about its contents, and nothing about the other sessions'. */
function unreadable(error: unknown): ParsedRecord {
  return { problem: toVigilError(error).message, kind: 'unreadable' };
}

/** A record is a kilobyte or two; what is beyond this is something else. */
const largest = 1_048_576;

export class RecordStore {
  readonly #layout: VolumeLayout;
  readonly #disk: Disk;
  readonly #clock: Clock;
  /** The last write of each session: two at once would race for the name, and the older could win. */
  readonly #writing = new Map<SessionId, Promise<void>>();

  constructor(layout: VolumeLayout, disk: Disk, clock: Clock) {
    this.#layout = layout;
    this.#disk = disk;
    this.#clock = clock;
  }

  /** Everything that is there, sorted by id. Sets damaged files aside. */
  async readAll(): Promise<StoredRecords> {
    const names = await readdir(this.#layout.records).catch((error: unknown) => {
      throw diskError(error, this.#layout.records, 'read-records');
    });
    const records = new Map<SessionId, SessionRecord>();
    const damaged = new Map<SessionId, DamagedRecord>();
    for (const name of names.sort()) {
      const id = /^([^.]+)\.json$/.exec(name)?.[1];
      if (!isSessionId(id)) continue;
      const found = await this.#look(id).catch(unreadable);
      if (!found) continue;
      if ('record' in found) records.set(id, found.record);
      else
        damaged.set(id, {
          id,
          problem: found.problem,
          keptAs: found.kind === 'damaged' ? await this.#setAside(id) : null,
        });
    }
    for (const name of names) {
      const id = /^([^.]+)\.json\.damaged-/.exec(name)?.[1];
      if (!isSessionId(id) || records.has(id) || damaged.has(id)) continue;
      const keptAs = join(this.#layout.records, name);
      damaged.set(id, { id, problem: 'it was set aside earlier, and none has taken its place', keptAs });
    }
    return { records: [...records.values()], damaged: [...damaged.values()] };
  }

  /** Null when there is none. Throws `session_refused` when it is damaged, which leaves it where it is. */
  async read(id: SessionId): Promise<SessionRecord | null> {
    const found = await this.#look(id);
    if (!found) return null;
    if ('record' in found) return found.record;
    throw new VigilError(
      'session_refused',
      `The record of session "${id}" cannot be used: ${found.problem}.`,
      {
        subject: recordPath(this.#layout, id),
        remedy:
          found.kind === 'newer'
            ? 'Run the version that wrote it, or a newer one.'
            : 'Restart the daemon, which sets it aside; `vigil pair` then makes a new one.',
      },
    );
  }

  /** Atomic and durable. Writes of one session take effect in the order of the calls. */
  write(record: SessionRecord): Promise<void> {
    return this.#inOrder(record.id, async () => {
      const invalid = recordProblem(record);
      if (!isSessionId(record.id) || invalid) {
        throw new VigilError(
          'internal',
          `A record of session "${record.id}" was not written: ${invalid?.problem ?? 'its id'}.`,
        );
      }
      await this.#disk.writeFileAtomic(
        recordPath(this.#layout, record.id),
        formatRecord(record),
        'write-record',
      );
    });
  }

  /** Removes the record and what was set aside of it: the session is no longer known. */
  remove(id: SessionId): Promise<void> {
    return this.#inOrder(id, async () => {
      await this.#disk.remove(recordPath(this.#layout, id), 'remove-record');
      for (const name of await readdir(this.#layout.records)) {
        if (!name.startsWith(`${id}.json.damaged-`)) continue;
        await this.#disk.remove(join(this.#layout.records, name), 'remove-record');
      }
      await this.#disk.syncDirectory(this.#layout.records, 'remove-record:sync');
    });
  }

  #inOrder(id: SessionId, step: () => Promise<void>): Promise<void> {
    const done = (this.#writing.get(id) ?? Promise.resolve()).then(step);
    const settled = done.then(
      () => {},
      () => {},
    );
    this.#writing.set(id, settled);
    void settled.then(() => {
      if (this.#writing.get(id) === settled) this.#writing.delete(id);
    });
    return done;
  }

  async #look(id: SessionId): Promise<ParsedRecord | null> {
    const found = await readText(recordPath(this.#layout, id), largest, 'read-record');
    if (!found) return null;
    return 'text' in found ? parseRecord(found.text, id) : { ...found, kind: 'damaged' };
  }

  /** Null when it could not be moved; it then lies where it lay and is found again. */
  async #setAside(id: SessionId): Promise<string | null> {
    const path = recordPath(this.#layout, id);
    try {
      const target = await freeName(`${path}.damaged-${compactUtc(this.#clock.now())}`);
      await this.#disk.rename(path, target, 'set-record-aside');
      await this.#disk.syncDirectory(this.#layout.records, 'set-record-aside:sync');
      return target;
    } catch {
      return null;
    }
  }
}
