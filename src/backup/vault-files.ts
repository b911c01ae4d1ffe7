/** Files into a vault and out of it, with what a vault may get wrong on the way found out. */
import { VigilError } from '../errors.ts';
import { Digest } from '../system/digest.ts';
import type { Disk } from '../system/disk.ts';
import { errnoOf } from '../system/errno.ts';
import type { Vault, VaultSource } from './vault.ts';

export interface Described {
  readonly name: string;
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** The contents of an object; a stream that breaks off ends in `vault_unavailable`. */
export async function* contentsOf(
  vault: Vault,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const stream = await vault.get(name, signal);
  try {
    for await (const chunk of stream) yield chunk as Uint8Array;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof VigilError) throw error;
    throw new VigilError(
      'vault_unavailable',
      `The vault ${vault.name} broke off in the middle of ${name}: ${errnoOf(error) ?? String(error)}.`,
      { subject: vault.name, cause: error },
    );
  }
}

/** Puts a file, and reads back that it is there. Throws `vault_unavailable` when something else comes back. */
export async function putAndReadBack(
  vault: Vault,
  name: string,
  source: VaultSource,
  signal: AbortSignal,
  progress: (step: 'put' | 'read-back', done: number) => void = () => {},
): Promise<void> {
  progress('put', 0);
  await vault.put(name, source, signal);
  progress('put', source.bytes);
  const digest = new Digest();
  for await (const chunk of contentsOf(vault, name, signal)) {
    digest.update(chunk);
    progress('read-back', digest.bytes);
    if (digest.bytes > source.bytes) break;
  }
  const sha256 = digest.sha256();
  if (sha256 === source.sha256) return;
  // It has no manifest, so it is no backup; under this name it would only be in the way of the next try.
  await vault.remove(name, signal).catch(() => false);
  throw new VigilError(
    'vault_unavailable',
    `The vault ${vault.name} gave back ${digest.bytes} bytes of ${name} that are not the ${source.bytes} that were put.`,
    {
      subject: vault.name,
      remedy: 'Look at the disk or the service behind the vault: it does not keep what it is given.',
    },
  );
}

/** Into a new file. Throws `backup_damaged` when it is not what its manifest says, `backup_not_found`. */
export async function download(
  vault: Vault,
  { name, bytes, sha256 }: Described,
  to: { readonly path: string; readonly disk: Disk; readonly subject: string },
  signal: AbortSignal,
  progress: (done: number) => void = () => {},
): Promise<void> {
  const digest = new Digest();
  const damaged = (problem: string) =>
    new VigilError('backup_damaged', `${to.subject} is damaged: ${problem}.`, { subject: to.subject });
  async function* bounded() {
    for await (const chunk of digest.through(contentsOf(vault, name, signal))) {
      if (digest.bytes > bytes) throw damaged(`its archive has more than the ${bytes} bytes of its manifest`);
      progress(digest.bytes);
      yield chunk;
    }
    if (digest.bytes < bytes)
      throw damaged(`its archive has ${digest.bytes} bytes, and ${bytes} by its manifest`);
    if (digest.sha256() !== sha256) throw damaged('its archive has another hash than its manifest says');
  }
  await to.disk.createFileFrom(to.path, bounded(), 'download', { flush: false });
}

/** Null when it is longer than that, or is not text. */
export async function readText(
  vault: Vault,
  name: string,
  longest: number,
  signal: AbortSignal,
): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of contentsOf(vault, name, signal)) {
    bytes += chunk.byteLength;
    if (bytes > longest) return null;
    chunks.push(chunk);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
  } catch {
    return null;
  }
}
