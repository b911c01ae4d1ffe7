/**
 * Reads a tar archive that may have been made to do harm. The `tar` package reads the headers; its extraction is not
 * used: here the reader pulls, entry by entry, so that nothing is created before it was judged, no limit is enforced
 * too late and no error can be thrown where nobody catches it (one in the package's filter ends the process).
 */
import { Header } from 'tar/header';
import { Pax } from 'tar/pax';
import { ArchiveFault } from './archive-fault.ts';
import { ByteSource } from './byte-source.ts';

export interface ArchiveEntry {
  /** As it is written there: may lead anywhere. */
  readonly path: string;
  /** The `tar` package's word: `File`, `Directory`, `SymbolicLink` … */
  readonly type: string;
  readonly bytes: number;
  /** To be read before the next entry is asked for; what is left over is passed over. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface ArchiveLimits {
  /** Of everything that comes out of the decompression. */
  readonly bytes: number;
  readonly entries: number;
}

const blockSize = 512;
/** A name of a few hundred bytes, and times: what is beyond this is something else. */
const longestMeta = 65_536;

/** Throws `ArchiveFault`, and whatever `chunks` throws. */
export async function* tarEntries(
  chunks: AsyncIterable<Uint8Array>,
  limits: ArchiveLimits,
): AsyncGenerator<ArchiveEntry> {
  const source = new ByteSource(chunks, limits.bytes);
  let next: Names = {};
  for (let entries = 0; ; entries++) {
    if (entries > limits.entries) throw new ArchiveFault(`it holds more than ${limits.entries} entries`);
    const header = headerOf(await source.exactly(blockSize), next.pax);
    if (header.nullBlock) break;
    const { type, size } = header;
    if (size === undefined || !Number.isSafeInteger(size) || size > limits.bytes)
      throw new ArchiveFault('the size of an entry is no size');
    if (type === 'ExtendedHeader' || type === 'GlobalExtendedHeader' || type.startsWith('NextFileHasLong')) {
      if (size > longestMeta) throw new ArchiveFault(`it holds a header of ${size} bytes`);
      const meta = await source.exactly(size);
      await source.skip(paddingOf(size));
      next = withMeta(next, type, meta.toString('utf8'));
      continue;
    }
    const path = next.path ?? header.path;
    if (path === undefined) throw new ArchiveFault('an entry has no name');
    next = {};
    const body = source.take(size);
    yield { path, type, bytes: size, body: body.chunks };
    await body.drain();
    await source.skip(paddingOf(size));
  }
  if (!(await source.endsWithZeros())) throw new ArchiveFault('something follows after its end');
}

/** What headers of the kind that only describes the next one have said. */
interface Names {
  readonly pax?: Pax;
  /** The GNU way of a long name. */
  readonly path?: string;
}

function withMeta(names: Names, type: string, text: string): Names {
  if (type === 'ExtendedHeader') {
    // Holes: the bytes that follow are not the file's.
    if (/\d GNU\.sparse\./.test(text)) throw new ArchiveFault('it holds a sparse file');
    return { ...names, pax: Pax.parse(text, names.pax) };
  }
  if (type === 'NextFileHasLongPath') return { ...names, path: text.split('\0', 1)[0] ?? '' };
  // Attributes for all entries and long targets of links: nothing that is taken from an archive.
  return names;
}

function headerOf(block: Buffer, pax: Pax | undefined): Header {
  const header = decoded(block, pax);
  if (!header.cksumValid && !header.nullBlock) throw new ArchiveFault('it is not a tar archive, or is torn');
  return header;
}

/** A number beyond what a number can hold is thrown by the package, and a type that is none. */
function decoded(block: Buffer, pax: Pax | undefined): Header {
  try {
    return new Header(block, 0, pax);
  } catch {
    throw new ArchiveFault('a header in it cannot be read');
  }
}

function paddingOf(bytes: number): number {
  return (blockSize - (bytes % blockSize)) % blockSize;
}
