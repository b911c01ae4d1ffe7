/**
 * A Unix socket's address holds 107 bytes, and volumes may lie deeper than that. A longer one is reached through an
 * open directory: `/proc/self/fd/7/control.sock` names the same file.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';

const longestAddress = 107;

export interface SocketAddress extends AsyncDisposable {
  /** Good until disposed. */
  readonly path: string;
}

export async function socketAddress(path: string): Promise<SocketAddress> {
  if (Buffer.byteLength(path) <= longestAddress) return { path, [Symbol.asyncDispose]: async () => {} };
  const directory: FileHandle = await open(dirname(path), 'r');
  return {
    path: `/proc/self/fd/${directory.fd}/${basename(path)}`,
    [Symbol.asyncDispose]: () => directory.close(),
  };
}
