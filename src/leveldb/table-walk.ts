/** Reads tables from end to end, in large steps; the next step is read while the last is looked at. */
import type { Table } from './table.ts';
import { type BlockHandle, blockTrailerBytes, checkBlock } from './table-block.ts';

const stepBytes = 1024 * 1024;
/** One that is looked at, one that is being read, and one that is about to be. */
const buffers = 3;

/** Blocks that lie close enough together to be read at once. */
interface Step {
  readonly offset: number;
  readonly bytes: number;
  readonly blocks: readonly BlockHandle[];
}

interface Reading {
  readonly table: Table;
  readonly step: Step;
  readonly bytes: Promise<Buffer>;
}

/** Gets a block, checked, with what follows its contents; its bytes are overwritten afterwards. */
export type BlockVisitor = (table: Table, raw: Buffer, holdsEntries: boolean) => void;

/** Each table is opened when its turn is near, and closed by whoever opens them. Throws a `StoreFault`. */
export async function walkTables(
  tables: AsyncIterable<Table>,
  visit: BlockVisitor,
  signal: AbortSignal,
): Promise<void> {
  const readings = readAhead(tables, signal);
  let next = readings.next();
  // Awaited later, or never when an earlier step fails.
  next.catch(() => {});
  try {
    for (;;) {
      const { done, value } = await next;
      if (done) return;
      next = readings.next();
      next.catch(() => {});
      visitStep(value, await value.bytes, visit);
    }
  } finally {
    // Files are closed behind us, and nothing may still be read from them then.
    const left = await next.catch(() => null);
    await left?.value?.bytes.catch(() => {});
  }
}

async function* readAhead(
  tables: AsyncIterable<Table>,
  signal: AbortSignal,
): AsyncGenerator<Reading, undefined> {
  const ring: Buffer[] = [];
  let turn = 0;
  for await (const table of tables) {
    for (const step of stepsOf(table)) {
      const into = large(ring[turn], step.bytes);
      ring[turn] = into;
      turn = (turn + 1) % buffers;
      const bytes = table.file.read(into.subarray(0, step.bytes), step.offset, signal);
      bytes.catch(() => {});
      yield { table, step, bytes };
    }
  }
  return undefined;
}

function visitStep({ table, step }: Reading, bytes: Buffer, visit: BlockVisitor): void {
  const meta = new Set(table.others);
  for (const handle of step.blocks) {
    const start = handle.offset - step.offset;
    const raw = bytes.subarray(start, start + handle.bytes + blockTrailerBytes);
    checkBlock(raw, table.file.path, handle.offset);
    visit(table, raw, !meta.has(handle));
  }
}

function stepsOf({ index, others }: Table): readonly Step[] {
  const steps: { offset: number; bytes: number; blocks: BlockHandle[] }[] = [];
  for (const handle of [...index, ...others.toSorted((a, b) => a.offset - b.offset)]) {
    const end = handle.offset + handle.bytes + blockTrailerBytes;
    const last = steps.at(-1);
    if (last && handle.offset >= last.offset && end - last.offset <= stepBytes) {
      last.blocks.push(handle);
      last.bytes = Math.max(last.bytes, end - last.offset);
    } else steps.push({ offset: handle.offset, bytes: end - handle.offset, blocks: [handle] });
  }
  return steps;
}

function large(buffer: Buffer | undefined, bytes: number): Buffer {
  return buffer && buffer.length >= bytes ? buffer : Buffer.allocUnsafeSlow(Math.max(bytes, stepBytes));
}
