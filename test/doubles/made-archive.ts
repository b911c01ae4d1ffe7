/** Archives as nobody's program would write them: every entry as it is given, whatever that leads to. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Header } from 'tar/header';
import { scratchDirectory } from './scratch.ts';

export interface MadeEntry {
  readonly path: string;
  /** One letter or digit, as it stands in the header: `0` a file, `5` a directory, `2` a symbolic link. */
  readonly type?: string;
  readonly body?: string | Uint8Array;
  readonly linkpath?: string;
  /** Said in the header; else the body's. */
  readonly size?: number;
  /** Changes the finished header, whose checksum is mended afterwards. */
  readonly change?: (header: Buffer) => void;
}

const zeros = (bytes: number) => Buffer.alloc(bytes);

export function tarEntry({ path, type = '0', body = '', linkpath, size, change }: MadeEntry): Buffer {
  const contents = Buffer.from(body);
  const header = zeros(512);
  new Header({
    path: 'x',
    mode: 0o644,
    size: size ?? contents.length,
    type: 'File',
    mtime: new Date(0),
  }).encode(header);
  header.fill(0, 0, 100);
  header.write(path, 0, 100);
  header.write(type, 156, 1, 'latin1');
  if (linkpath) header.write(linkpath, 157, 100);
  change?.(header);
  sum(header);
  return Buffer.concat([header, contents, zeros((512 - (contents.length % 512)) % 512)]);
}

/** An extended header for the next entry. Values may be anything. */
export function paxHeader(records: Readonly<Record<string, string>>, type = 'x'): Buffer {
  const body = Object.entries(records).map(([key, value]) => {
    const rest = ` ${key}=${value}\n`;
    let length = Buffer.byteLength(rest);
    while (Buffer.byteLength(`${length}${rest}`) !== length) length = Buffer.byteLength(`${length}${rest}`);
    return `${length}${rest}`;
  });
  return tarEntry({ path: 'PaxHeader/x', type, body: body.join('') });
}

export function tarOf(...parts: readonly (MadeEntry | Buffer)[]): Buffer {
  const blocks = parts.map((part) => (Buffer.isBuffer(part) ? part : tarEntry(part)));
  return Buffer.concat([...blocks, zeros(1_024)]);
}

export async function archiveFile(contents: Uint8Array, zipped = true): Promise<string> {
  const path = join(await scratchDirectory(), 'archive');
  await writeFile(path, zipped ? gzipSync(contents) : contents);
  return path;
}

function sum(header: Buffer): void {
  header.fill(' ', 148, 156);
  const total = header.reduce((all, byte) => all + byte, 0);
  header.write(`${total.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1');
}
