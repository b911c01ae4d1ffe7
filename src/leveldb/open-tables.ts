/** The tables of a store that are open at the moment: few, since a large store has hundreds. */
import type { LiveTable } from './store-files.ts';
import { Table } from './table.ts';

const mostOpen = 32;
/** Opened at the same time: most of it is waiting. */
const atOnce = 8;

export class OpenTables implements AsyncDisposable {
  readonly #directory: string;
  /** The longest unused first. */
  readonly #open = new Map<number, OpenTable>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Opens each once, so that whatever is wrong with one is thrown. */
  async checkAll(tables: readonly LiveTable[], signal: AbortSignal): Promise<void> {
    for (let at = 0; at < tables.length; at += atOnce) {
      const opened = await Promise.allSettled(
        tables.slice(at, at + atOnce).map((live) => this.get(live, signal)),
      );
      // All have settled, so that none is left open by one that failed before it.
      for (const one of opened) if (one.status === 'rejected') throw one.reason;
    }
  }

  async get(live: LiveTable, signal: AbortSignal): Promise<OpenTable> {
    const found = this.#open.get(live.number);
    const table = found ?? new OpenTable(await Table.open(this.#directory, live, signal));
    this.#open.delete(live.number);
    this.#open.set(live.number, table);
    for (const [number, unused] of this.#open) {
      if (this.#open.size <= mostOpen) break;
      this.#open.delete(number);
      await unused.table[Symbol.asyncDispose]();
    }
    return table;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const { table } of open) await table[Symbol.asyncDispose]();
  }
}

/** Remembers the block that was read last: groups that are asked for one after the other lie beside each other. */
export class OpenTable {
  readonly table: Table;
  #last: { readonly number: number; readonly block: Buffer } | null = null;

  constructor(table: Table) {
    this.table = table;
  }

  async block(number: number, signal: AbortSignal): Promise<Buffer | null> {
    if (this.#last?.number === number) return this.#last.block;
    const handle = this.table.index[number];
    if (!handle) return null;
    const block = await this.table.block(handle, signal);
    this.#last = { number, block };
    return block;
  }
}
