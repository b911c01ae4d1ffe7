/**
 * The blocks of a tar archive, one header at a time. The `tar` package knows how names and numbers are written; its
 * own walk over directories is not used, since what goes in is decided here, file by file, and hashed on the way.
 */
import { Header } from 'tar/header';
import { Pax } from 'tar/pax';

export interface TarEntry {
  /** With `/` between its parts, without one at the end. */
  readonly path: string;
  readonly type: 'File' | 'Directory';
  /** 0 for a directory. */
  readonly bytes: number;
  readonly modifiedAt: Date;
}

const blockSize = 512;

/** Two blocks of zeros end an archive. */
export const tarEnd: Uint8Array = new Uint8Array(2 * blockSize);

/** The header of an entry, with another one before it that holds the name where that is too long for the first. */
export function tarHeader({ path, type, bytes, modifiedAt }: TarEntry): Uint8Array {
  const name = type === 'Directory' ? `${path}/` : path;
  const fields = {
    path: name,
    type,
    size: bytes,
    mode: type === 'Directory' ? 0o700 : 0o600,
    // Whole seconds: a fraction would ask for an extended header.
    mtime: new Date(Math.floor(modifiedAt.getTime() / 1_000) * 1_000),
  };
  const block = Buffer.alloc(blockSize);
  if (!new Header(fields).encode(block)) return block;
  return Buffer.concat([new Pax({ path: name, size: bytes }).encode(), block]);
}

/** What fills the last block of a file. */
export function tarPadding(bytes: number): Uint8Array {
  return new Uint8Array((blockSize - (bytes % blockSize)) % blockSize);
}
