/** Reads every block of every table of a store once, and holds it against its checksum. Nothing is unpacked. */
import type { StoreReader } from './store-reader.ts';
import type { Table } from './table.ts';
import { requireKnownCompression } from './table-block.ts';
import { walkTables } from './table-walk.ts';

/** `progress`: another table has come. Throws a `StoreFault`. */
export async function checkBlocks(
  reader: Pick<StoreReader<never>, 'openTables'>,
  signal: AbortSignal,
  progress: () => void = () => {},
): Promise<void> {
  let present: Table | null = null;
  await walkTables(
    reader.openTables('any'),
    (table, raw) => {
      if (table !== present) progress();
      present = table;
      requireKnownCompression(raw, table.file.path);
    },
    signal,
  );
}
