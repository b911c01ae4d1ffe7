/**
 * Reads what a store holds at this moment, as LevelDB would show it after opening: of every key the newest entry, from
 * the logs down through the levels; deleted ones are not shown.
 *
 * To open is to check the structure: every log record, every table's footer and index. Blocks are checked as they
 * are read; all of them by `countEntries` (count-entries.ts).
 */
import { join } from 'node:path';
import { BlockCursor } from './block.ts';
import { MalformedBytes } from './byte-reader.ts';
import type { KeyGroup, KeySpace } from './key-space.ts';
import { type LogEntries, type LogEntry, readLogEntries } from './log-entries.ts';
import { OpenTables } from './open-tables.ts';
import { StoreFault } from './store-fault.ts';
import type { LiveTable, StoreFiles } from './store-files.ts';
import { malformed, type Table } from './table.ts';
import { trailerBytes } from './version-edit.ts';

export interface StoreEntry {
  /** User key. Not copied. */
  readonly key: Buffer;
  readonly sequence: number;
  /** Not copied. Empty where the group does not ask for values and the entry is in a log. */
  readonly value: Buffer;
}

/** Keys that are remembered of one group, so that an older entry of one is not taken for the newest. */
export const mostRemembered = 1_000_000;
export const entryTypes = { deletion: 0, value: 1 } as const;

export class StoreReader<G extends KeyGroup> implements AsyncDisposable {
  readonly files: StoreFiles;
  readonly keys: KeySpace<G>;
  readonly logs: LogEntries<G>;
  /** The newest first: where two hold a key, the first one's entry counts. */
  readonly tables: readonly LiveTable[];
  readonly #open: OpenTables;
  readonly #signal: AbortSignal;

  private constructor(
    files: StoreFiles,
    keys: KeySpace<G>,
    logs: LogEntries<G>,
    open: OpenTables,
    signal: AbortSignal,
  ) {
    this.files = files;
    this.keys = keys;
    this.logs = logs;
    this.tables = newestFirst(files.liveTables);
    this.#open = open;
    this.#signal = signal;
  }

  /** Throws a `StoreFault`. */
  static async open<G extends KeyGroup>(
    files: StoreFiles,
    keys: KeySpace<G>,
    signal: AbortSignal,
  ): Promise<StoreReader<G>> {
    if (files.comparator !== keys.comparator)
      throw new StoreFault('unknown', files.directory, `orders its keys in an unknown way`);
    const logs = await readLogEntries(files, keys, signal);
    const open = new OpenTables(files.directory);
    try {
      await open.checkAll(files.liveTables, signal);
      return new StoreReader(files, keys, logs, open, signal);
    } catch (error) {
      await open[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Visits each key of a group that is there, in no order, until `visit` answers false. Throws a `StoreFault`. */
  async scan(group: G, visit: (entry: StoreEntry) => boolean): Promise<void> {
    const logged = this.logs.groups.get(group);
    for (const [key, entry] of logged ?? []) if (!visitLogged(key, entry, visit)) return;
    const seen = new Set(logged?.keys());
    for (const table of this.tables) {
      if (this.#misses(table, group)) continue;
      if (!(await this.#scanTable(table, group, seen, visit))) return;
    }
  }

  /**
   * The newest first, each open for as long as the next few are asked for; or all of them in no order, those first that
   * were open last.
   */
  async *openTables(order: 'newest first' | 'any' = 'newest first'): AsyncGenerator<Table, undefined> {
    const tables = order === 'any' ? this.files.liveTables.toReversed() : this.tables;
    for (const live of tables) yield (await this.#open.get(live, this.#signal)).table;
    return undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open[Symbol.asyncDispose]();
  }

  #misses({ smallest, largest }: LiveTable, group: G): boolean {
    try {
      return this.keys.compare(largest, group) < 0 || this.keys.compare(smallest, group) > 0;
    } catch (error) {
      throw malformed(error, join(this.files.directory, this.files.current));
    }
  }

  async #scanTable(
    live: LiveTable,
    group: G,
    seen: Set<string>,
    visit: (entry: StoreEntry) => boolean,
  ): Promise<boolean> {
    const open = await this.#open.get(live, this.#signal);
    const { path } = open.table.file;
    const { index } = open.table;
    const cursor = new BlockCursor();
    try {
      for (let number = this.#firstBlock(index, group); number < index.length; number++) {
        const block = await open.block(number, this.#signal);
        if (!block) break;
        const end = this.#scanBlock(cursor, block, { group, seen, visit });
        if (end !== 'on') return end === 'past';
      }
      return true;
    } catch (error) {
      throw malformed(error, path);
    }
  }

  /** `past`: what follows belongs to later groups. `enough`: the visitor has seen enough. */
  #scanBlock(
    cursor: BlockCursor,
    block: Buffer,
    { group, seen, visit }: ScanOf<G>,
  ): 'on' | 'past' | 'enough' {
    cursor.enter(block);
    while (cursor.next()) {
      const userLength = cursor.keyLength - trailerBytes;
      if (userLength < 0) throw new MalformedBytes('holds a key that is too short');
      const key = cursor.key.subarray(0, userLength);
      const order = this.keys.compare(key, group);
      if (order > 0) return 'past';
      if (order < 0) continue;
      const type = cursor.key[userLength];
      if (type !== entryTypes.value && type !== entryTypes.deletion)
        throw new MalformedBytes('holds an entry of an unknown kind');
      const name = key.toString('latin1');
      if (seen.has(name)) continue;
      if (seen.size < mostRemembered) seen.add(name);
      if (type === entryTypes.deletion) continue;
      if (!visit({ key, sequence: sequenceAt(cursor.key, userLength), value: cursor.value() }))
        return 'enough';
    }
    return 'on';
  }

  /** The first block that may hold a key of the group. */
  #firstBlock(index: readonly { readonly last: Buffer }[], group: G): number {
    let low = 0;
    for (let high = index.length; low < high; ) {
      const middle = (low + high) >> 1;
      const last = index[middle]?.last;
      if (last && this.keys.compare(last, group) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

interface ScanOf<G> {
  readonly group: G;
  readonly seen: Set<string>;
  readonly visit: (entry: StoreEntry) => boolean;
}

function visitLogged(name: string, entry: LogEntry, visit: (entry: StoreEntry) => boolean): boolean {
  if (entry.deleted) return true;
  const { sequence, value } = entry;
  return visit({ key: Buffer.from(name, 'latin1'), sequence, value: value ?? Buffer.alloc(0) });
}

function newestFirst(tables: readonly LiveTable[]): readonly LiveTable[] {
  return [...tables].sort(
    (a, b) => a.level - b.level || (a.level === 0 ? b.number - a.number : a.number - b.number),
  );
}

/** Behind the type, the lowest byte first. */
function sequenceAt(key: Buffer, userLength: number): number {
  return key.readUIntLE(userLength + 1, 6) + (key[userLength + 7] ?? 0) * 2 ** 48;
}
