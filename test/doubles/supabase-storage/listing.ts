/** One folder, a page of it: folders without an id, and nothing of what people put beside their objects. */
import type { Row, Stored } from './stored.ts';

export interface Asked {
  readonly prefix: string;
  readonly limit?: number;
  readonly offset?: number;
  readonly sortBy?: { readonly column?: string; readonly order?: string };
}

interface Listed {
  readonly name: string;
  readonly row: Row | null;
}

export function listFolder(stored: Stored, bucket: string, asked: Asked, cap: number): object[] {
  const folder = asked.prefix === '' || asked.prefix.endsWith('/') ? asked.prefix : `${asked.prefix}/`;
  const found = new Map<string, Listed>();
  for (const row of stored.rowsOf(bucket)) {
    if (!row.key.startsWith(folder)) continue;
    const rest = row.key.slice(folder.length);
    const slash = rest.indexOf('/');
    const listed = slash < 0 ? { name: rest, row } : { name: rest.slice(0, slash), row: null };
    found.set(`${listed.row ? 'object' : 'folder'} ${listed.name}`, listed);
  }
  const offset = asked.offset ?? 0;
  return [...found.values()]
    .sort(by(asked.sortBy))
    .slice(offset, offset + Math.min(asked.limit ?? 100, cap))
    .map(shown);
}

function by({ column = 'name', order = 'asc' }: NonNullable<Asked['sortBy']> = {}) {
  const value = ({ name, row }: Listed): string | number => {
    if (column === 'name') return name;
    return (column === 'created_at' ? row?.createdAt : row?.updatedAt) ?? 0;
  };
  const direction = order === 'desc' ? -1 : 1;
  return (a: Listed, b: Listed) => (value(a) < value(b) ? -direction : direction);
}

function shown({ name, row }: Listed): object {
  if (!row) {
    const nothing = { id: null, updated_at: null, created_at: null, last_accessed_at: null };
    return { name, ...nothing, metadata: null };
  }
  return { name, ...rowShown(row) };
}

export function rowShown(row: Row): object {
  const updated = new Date(row.updatedAt).toISOString();
  return {
    id: row.id,
    updated_at: updated,
    created_at: new Date(row.createdAt).toISOString(),
    last_accessed_at: updated,
    metadata: {
      eTag: row.etag,
      size: row.size,
      mimetype: row.mimeType,
      cacheControl: row.cacheControl,
      lastModified: updated,
      contentLength: row.size,
      httpStatusCode: 200,
    },
  };
}

/** The other listing: everything below a prefix that is plain text, by cursor. */
export function listAll(
  stored: Stored,
  bucket: string,
  { prefix = '', limit = 1_000, cursor }: { prefix?: string; limit?: number; cursor?: string },
): object {
  const rows = stored
    .rowsOf(bucket)
    .filter((row) => row.key.startsWith(prefix) && (cursor === undefined || row.key > cursor))
    .sort((a, b) => (a.key < b.key ? -1 : 1));
  const page = rows.slice(0, Math.min(limit, 1_000));
  const hasNext = rows.length > page.length;
  return {
    hasNext,
    ...(hasNext ? { nextCursor: page.at(-1)?.key } : {}),
    folders: [],
    objects: page.map((row) => ({ name: row.key, key: row.key, ...rowShown(row) })),
  };
}
