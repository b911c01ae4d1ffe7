/** Zips as nobody's program would write them: every entry as it is given, whatever that leads to. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';

export interface ZippedEntry {
  /** As it stands in the zip; a directory ends with `/`. */
  readonly path: string;
  readonly body?: string | Uint8Array;
  /** Unix mode with the file's kind; none where it is not given, as on Windows. */
  readonly mode?: number;
  /** 8 deflates, 0 stores. */
  readonly method?: number;
  readonly flags?: number;
  /** What the directory claims; else as it is. */
  readonly bytes?: number;
  readonly crc?: number;
}

const utf8 = 0x800;

export function zipOf(...entries: readonly ZippedEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { path, body = '', mode = 0, method = 8, flags = 0, bytes, crc } of entries) {
    const contents = Buffer.from(body);
    const packed = method === 8 ? deflateRawSync(contents) : contents;
    const name = Buffer.from(path);
    // From `version needed` to `name length`, the same in both headers.
    const common = Buffer.alloc(24);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(flags | utf8, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE((crc ?? crc32(contents)) >>> 0, 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(bytes ?? contents.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.alloc(2), name, packed]);
    const made = Buffer.alloc(2);
    made.writeUInt16LE(mode === 0 ? 20 : (3 << 8) | 20);
    const rest = Buffer.alloc(16);
    rest.writeUInt32LE((mode << 16) >>> 0, 8);
    rest.writeUInt32LE(offset, 12);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02'), made, common, rest, name]));
    parts.push(local);
    offset += local.length;
  }
  const all = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(all.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, all, end]);
}

/** Every file below a directory, its links left out, as RemoteAuth packs them: `Default/…`. */
export async function entriesBelow(directory: string, prefix = ''): Promise<readonly ZippedEntry[]> {
  const entries = await readdir(directory, { withFileTypes: true });
  const below = await Promise.all(
    entries.map(async (entry): Promise<readonly ZippedEntry[]> => {
      const path = `${prefix}${entry.name}`;
      if (entry.isDirectory())
        return [{ path: `${path}/` }, ...(await entriesBelow(join(directory, entry.name), `${path}/`))];
      return entry.isFile() ? [{ path, body: await readFile(join(directory, entry.name)) }] : [];
    }),
  );
  return below.flat();
}
