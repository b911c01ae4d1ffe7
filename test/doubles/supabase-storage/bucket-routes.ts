import type { Answer, Asking } from './answer.ts';
import { refusals } from './refusal.ts';
import type { StoredBucket } from './stored.ts';

interface NewBucket {
  readonly id: string;
  readonly public?: boolean;
  readonly file_size_limit?: number | null;
  readonly allowed_mime_types?: readonly string[] | null;
}

export function createBucket({ stored, role }: Asking, asked: NewBucket): Answer {
  if (!role.changes) throw refusals.policy();
  if (stored.buckets.has(asked.id)) throw refusals.bucketExists();
  stored.buckets.set(asked.id, {
    id: asked.id,
    public: asked.public ?? false,
    limit: asked.file_size_limit ?? null,
    mimeTypes: asked.allowed_mime_types ?? null,
  });
  return { json: { name: asked.id } };
}

export function listBuckets({ stored, role }: Asking): Answer {
  return { json: role.sees ? [...stored.buckets.values()].map(shown) : [] };
}

export function getBucket({ stored, role }: Asking, id: string): Answer {
  const bucket = role.sees ? stored.buckets.get(id) : undefined;
  if (!bucket) throw refusals.noBucket();
  return { json: shown(bucket) };
}

function shown({ id, limit, mimeTypes, public: open }: StoredBucket): object {
  const at = '2026-01-01T00:00:00.000Z';
  return {
    ...{ id, name: id, owner: '', public: open, file_size_limit: limit, allowed_mime_types: mimeTypes },
    ...{ created_at: at, updated_at: at },
  };
}
