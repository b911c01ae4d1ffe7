/**
 * Walks a store from end to end: every block of every table is read once and checked, and the keys that are there are
 * counted by group.
 */
import { BlockCursor } from './block.ts';
import { MalformedBytes } from './byte-reader.ts';
import type { KeyGroup } from './key-space.ts';
import type { LogEntry } from './log-entries.ts';
import { entryTypes, mostRemembered, type StoreReader } from './store-reader.ts';
import { malformed, type Table } from './table.ts';
import { blockContents } from './table-block.ts';
import { walkTables } from './table-walk.ts';
import { trailerBytes } from './version-edit.ts';

/** Groups without a key are left out. `progress`: another table has come. Throws a `StoreFault`. */
export async function countEntries<G extends KeyGroup>(
  reader: StoreReader<G>,
  signal: AbortSignal,
  progress: () => void = () => {},
): Promise<ReadonlyMap<G, number>> {
  const count = new LiveCount(reader);
  let present: Table | null = null;
  await walkTables(
    reader.openTables(),
    (table, raw, holdsEntries) => {
      if (table !== present) {
        count.beginTable(table.live.level);
        progress();
      }
      present = table;
      if (!holdsEntries) return;
      const { path } = table.file;
      try {
        count.addBlock(blockContents(raw, path));
      } catch (error) {
        throw malformed(error, path);
      }
    },
    signal,
  );
  return count.counts;
}

class LiveCount<G extends KeyGroup> {
  readonly counts = new Map<G, number>();
  readonly #reader: StoreReader<G>;
  readonly #oldestLevel: number;
  /** Keys of newer tables: what an older one says of them is past. */
  readonly #seen = new Map<G, Set<string>>();
  readonly #cursor = new BlockCursor();
  #remembered = 0;
  /** Whether an older table may hold the same keys. */
  #remembers = true;
  /** Length of the user key of the entry before; -1 where there is none. */
  #previousLength = -1;
  #group: G | null = null;
  /** Bytes that decide on the group of the entry before. */
  #decisive = 0;
  #logged: ReadonlyMap<string, LogEntry> | undefined;
  #newer: Set<string> | undefined;

  constructor(reader: StoreReader<G>) {
    this.#reader = reader;
    this.#oldestLevel = Math.max(...reader.tables.map(({ level }) => level), 0);
    for (const [group, entries] of reader.logs.groups) {
      let live = 0;
      for (const { deleted } of entries.values()) if (!deleted) live++;
      this.#add(group, live);
    }
  }

  beginTable(level: number): void {
    // Tables of one level have no key in common, but for level 0.
    this.#remembers = level === 0 || level < this.#oldestLevel;
    this.#previousLength = -1;
  }

  /** Throws `MalformedBytes`. */
  addBlock(block: Buffer): void {
    const cursor = this.#cursor;
    cursor.enter(block);
    let live = 0;
    while (cursor.next()) {
      const userLength = cursor.keyLength - trailerBytes;
      if (userLength < 0) throw new MalformedBytes('holds a key that is too short');
      if (this.#previousLength < 0 || cursor.common < this.#decisive || userLength < this.#decisive) {
        if (this.#group) this.#add(this.#group, live);
        live = 0;
        this.#enterGroup(cursor.key.subarray(0, userLength));
      }
      // Entries of one key lie side by side, the newest first.
      const isNext = userLength !== this.#previousLength || cursor.common < userLength;
      this.#previousLength = userLength;
      if (this.#group && isNext && this.#isNewest(userLength) && this.#isValue(userLength)) live++;
    }
    if (this.#group) this.#add(this.#group, live);
  }

  #enterGroup(key: Buffer): void {
    this.#decisive = this.#reader.keys.decisiveBytes(key);
    const group = this.#reader.keys.groupOf(key);
    if (group === this.#group) return;
    this.#group = group;
    this.#logged = group ? this.#reader.logs.groups.get(group) : undefined;
    this.#newer = group ? this.#seen.get(group) : undefined;
  }

  /** Whether no log and no newer table holds the key. */
  #isNewest(userLength: number): boolean {
    if (!this.#logged && !this.#newer && !this.#remembers) return true;
    const name = this.#cursor.key.toString('latin1', 0, userLength);
    if (this.#logged?.has(name) || this.#newer?.has(name)) return false;
    if (this.#remembers) this.#remember(name);
    return true;
  }

  #isValue(userLength: number): boolean {
    const type = this.#cursor.key[userLength];
    if (type !== entryTypes.value && type !== entryTypes.deletion)
      throw new MalformedBytes('holds an entry of an unknown kind');
    return type === entryTypes.value;
  }

  #remember(name: string): void {
    if (!this.#group || this.#remembered >= mostRemembered) return;
    this.#newer ??= new Set();
    this.#seen.set(this.#group, this.#newer);
    this.#newer.add(name);
    this.#remembered++;
  }

  #add(group: G, live: number): void {
    if (live > 0) this.counts.set(group, (this.counts.get(group) ?? 0) + live);
  }
}
