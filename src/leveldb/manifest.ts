/** Which files make up a store: the manifest, replayed. */
import { MalformedBytes } from './byte-reader.ts';
import { readLog } from './log-reader.ts';
import { RegularFile } from './regular-file.ts';
import { StoreFault } from './store-fault.ts';
import {
  mostTables,
  type NewTable,
  readVersionEdit,
  tooManyTables,
  type VersionEdit,
} from './version-edit.ts';

export interface Manifest {
  readonly comparator: string;
  /** Logs of this number and above hold what no table holds yet. */
  readonly logNumber: number;
  /** 0 where there is none. */
  readonly prevLogNumber: number;
  readonly nextFileNumber: number;
  readonly lastSequence: number;
  /** By number. */
  readonly tables: readonly NewTable[];
  readonly torn: boolean;
}

/** LevelDB begins a new one at 2 MiB; beyond this somebody else wrote it. */
const limit = 64 * 1024 * 1024;

export async function readManifest(path: string, signal: AbortSignal): Promise<Manifest> {
  await using file = await RegularFile.open(path);
  if (file.bytes > limit) throw new StoreFault('unknown', path, 'is larger than any manifest that is known');
  const replay = new Replay();
  const { torn } = await readLog(
    file,
    (record) => {
      try {
        replay.apply(readVersionEdit(record));
      } catch (error) {
        if (error instanceof MalformedBytes) throw new StoreFault('damaged', path, error.message);
        throw error;
      }
    },
    signal,
  );
  return { ...replay.result(path), torn };
}

class Replay {
  #comparator: string | null = null;
  #logNumber: number | null = null;
  #prevLogNumber = 0;
  #nextFileNumber: number | null = null;
  #lastSequence: number | null = null;
  readonly #tables = new Map<string, NewTable>();

  apply(edit: VersionEdit): void {
    this.#comparator = edit.comparator ?? this.#comparator;
    this.#logNumber = edit.logNumber ?? this.#logNumber;
    this.#prevLogNumber = edit.prevLogNumber ?? this.#prevLogNumber;
    this.#nextFileNumber = edit.nextFileNumber ?? this.#nextFileNumber;
    this.#lastSequence = edit.lastSequence ?? this.#lastSequence;
    // A table that moves to another level is deleted and added in one edit.
    for (const { level, number } of edit.deleted) this.#tables.delete(`${level}/${number}`);
    for (const table of edit.added) this.#tables.set(`${table.level}/${table.number}`, table);
    if (this.#tables.size > mostTables) throw tooManyTables();
  }

  result(path: string): Omit<Manifest, 'torn'> {
    const missing = (what: string) => new StoreFault('damaged', path, `names no ${what}`);
    if (this.#comparator === null) throw missing('order of keys');
    if (this.#nextFileNumber === null) throw missing('next file');
    if (this.#logNumber === null) throw missing('log');
    if (this.#lastSequence === null) throw missing('last sequence');
    const tables = [...this.#tables.values()].sort((a, b) => a.number - b.number);
    for (const [index, table] of tables.entries()) {
      if (table.number === tables[index + 1]?.number)
        throw new StoreFault('damaged', path, `names table ${table.number} twice`);
    }
    return {
      comparator: this.#comparator,
      logNumber: this.#logNumber,
      prevLogNumber: this.#prevLogNumber,
      nextFileNumber: this.#nextFileNumber,
      lastSequence: this.#lastSequence,
      tables,
    };
  }
}
