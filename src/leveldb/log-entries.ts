/** What the logs of a store hold and no table does yet. Every record is checked, what nobody asks for is dropped. */
import { join } from 'node:path';
import { MalformedBytes } from './byte-reader.ts';
import type { KeyGroup, KeySpace } from './key-space.ts';
import { readLog } from './log-reader.ts';
import { RegularFile } from './regular-file.ts';
import { StoreFault } from './store-fault.ts';
import type { StoreFiles } from './store-files.ts';
import { type Batch, readWriteBatch } from './write-batch.ts';

/** The newest change of one key. */
export interface LogEntry {
  readonly sequence: number;
  readonly deleted: boolean;
  /** Copied; null where it was deleted or nobody asks for values. */
  readonly value: Buffer | null;
}

export interface LogEntries<G extends KeyGroup> {
  /** By group, then by user key as Latin-1. */
  readonly groups: ReadonlyMap<G, ReadonlyMap<string, LogEntry>>;
  /** Paths of logs whose last record is incomplete. */
  readonly torn: readonly string[];
}

/** A log holds some megabytes. More than this would have to be held in memory, and nobody wrote it in earnest. */
const largestLog = 512 * 1024 * 1024;
/**
 * What is asked for of all logs of a store together. LevelDB begins a new one after four megabytes, so that beyond this
 * somebody means to fill our memory.
 */
export const mostEntries = 500_000;
const mostValueBytes = 64 * 1024 * 1024;

export async function readLogEntries<G extends KeyGroup>(
  { directory, liveLogs, lastSequence }: StoreFiles,
  keys: KeySpace<G>,
  signal: AbortSignal,
): Promise<LogEntries<G>> {
  const groups = new Map<G, Map<string, LogEntry>>();
  let held = 0;
  let valueBytes = 0;
  const order = new BatchOrder(lastSequence);
  const keep = (key: Buffer, sequence: number, value: Buffer | null) => {
    const group = keys.groupOf(key);
    if (!group) return;
    const entries = groups.get(group) ?? new Map<string, LogEntry>();
    groups.set(group, entries);
    const kept = value !== null && group.values ? Buffer.from(value) : null;
    const before = entries.size;
    entries.set(key.toString('latin1'), { sequence, deleted: value === null, value: kept });
    held += entries.size - before;
    valueBytes += kept?.length ?? 0;
    if (held > mostEntries || valueBytes > mostValueBytes)
      throw new StoreFault('unknown', directory, 'has logs that hold more than any that are known');
  };
  const torn: string[] = [];
  for (const { name } of liveLogs) {
    const path = join(directory, name);
    await using file = await RegularFile.open(path);
    if (file.bytes > largestLog)
      throw new StoreFault('unknown', path, 'is larger than any log that is known');
    order.beginLog(path);
    const end = await readLog(file, (record) => order.add(readBatch(record, path, keep)), signal);
    if (end.torn) torn.push(path);
  }
  return { groups, torn };
}

/**
 * Sequences have no gaps from the manifest's last one on. A log that begins later than that follows on one that is
 * missing; LevelDB itself would not notice.
 */
class BatchOrder {
  #last: number;
  #path = '';
  #begins = true;

  constructor(last: number) {
    this.#last = last;
  }

  beginLog(path: string): void {
    this.#path = path;
    this.#begins = true;
  }

  add({ sequence, changes }: Batch): void {
    if (this.#begins && sequence > this.#last + 1)
      throw new StoreFault('damaged', this.#path, 'follows on a log that is missing');
    this.#begins = false;
    this.#last = Math.max(this.#last, sequence + changes - 1);
  }
}

function readBatch(record: Buffer, path: string, keep: Parameters<typeof readWriteBatch>[1]): Batch {
  try {
    return readWriteBatch(record, keep);
  } catch (error) {
    throw error instanceof MalformedBytes ? new StoreFault('damaged', path, error.message) : error;
  }
}
