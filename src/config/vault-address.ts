import { path } from './parsers.ts';
import type { Parsed, Parser } from './setting.ts';

/** Where backups go. */
export type VaultAddress = DirectoryAddress | BucketAddress;

export interface DirectoryAddress {
  readonly kind: 'directory';
  readonly path: string;
}

export interface BucketAddress {
  readonly kind: 'supabase' | 's3';
  readonly bucket: string;
  /** Whole parts of names without a `/` around them; empty for the bucket itself. */
  readonly prefix: string;
}

/** What all kinds of stores take as a bucket, and nothing that an address would have to escape. */
const bucketName = /^[A-Za-z0-9][A-Za-z0-9._-]{1,98}[A-Za-z0-9]$/;
/** As names of objects are made (src/vault/object-name.ts). */
const part = /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,200}$/;

export const vaultAddress: Parser<VaultAddress> = {
  expected: 'directory:PATH, supabase:BUCKET[/PREFIX] or s3:BUCKET[/PREFIX]',
  parse: (text, cwd) => {
    const colon = text.indexOf(':');
    const kind = text.slice(0, Math.max(0, colon));
    const place = text.slice(colon + 1);
    if (kind === 'supabase' || kind === 's3') return inBucket(kind, place);
    if (kind !== 'directory') return { ok: false };
    const parsed = path.parse(place, cwd);
    return parsed.ok ? { ok: true, value: { kind: 'directory', path: parsed.value } } : parsed;
  },
  format: (vault) =>
    vault.kind === 'directory'
      ? `directory:${vault.path}`
      : `${vault.kind}:${[vault.bucket, vault.prefix].filter((each) => each !== '').join('/')}`,
};

function inBucket(kind: BucketAddress['kind'], place: string): Parsed<VaultAddress> {
  const [bucket = '', ...parts] = place.split('/');
  if (!bucketName.test(bucket)) return { ok: false };
  if (!parts.every((each) => part.test(each))) return { ok: false };
  return { ok: true, value: { kind, bucket, prefix: parts.join('/') } };
}

/** It leaves the machine: what lies there is in others' hands. */
export function isRemote(address: VaultAddress): boolean {
  return address.kind !== 'directory';
}
