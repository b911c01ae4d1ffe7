/** What the server has: rows in a database, and a file for each, which may be lost on its own. */
import { createHash, randomUUID } from 'node:crypto';
import { refusals } from './refusal.ts';

export interface StoredBucket {
  readonly id: string;
  readonly public: boolean;
  readonly limit: number | null;
  readonly mimeTypes: readonly string[] | null;
}

export interface Row {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  /** Null: the file is gone, and the row does not know. */
  readonly bytes: Buffer | null;
  readonly size: number;
  readonly mimeType: string;
  readonly cacheControl: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly metadata: Readonly<Record<string, unknown>> | null;
  readonly etag: string;
}

export interface Written {
  readonly bucket: string;
  readonly key: string;
  readonly bytes: Buffer;
  readonly mimeType: string;
  readonly cacheControl: string;
  readonly metadata: Readonly<Record<string, unknown>> | null;
}

export class Stored {
  readonly buckets = new Map<string, StoredBucket>();
  readonly #rows = new Map<string, Row>();
  #latest = 0;

  rowsOf(bucket: string): Row[] {
    return [...this.#rows.values()].filter((row) => row.bucket === bucket);
  }

  row(bucket: string, key: string): Row | undefined {
    return this.#rows.get(`${bucket}/${key}`);
  }

  /** Insert or update, as the database does it whatever was checked before: id and date of creation stay. */
  write({ bucket, key, bytes, mimeType, cacheControl, metadata }: Written): Row {
    const before = this.row(bucket, key);
    const now = this.#now();
    const row: Row = {
      id: before?.id ?? randomUUID(),
      ...{ bucket, key, bytes, size: bytes.length, mimeType, cacheControl, metadata },
      createdAt: before?.createdAt ?? now,
      updatedAt: now,
      etag: `"${createHash('md5').update(bytes).digest('hex')}"`,
    };
    this.#rows.set(`${bucket}/${key}`, row);
    return row;
  }

  /** In one step: of many that move onto one key one succeeds. */
  move(bucket: string, from: string, to: string): Row {
    const row = this.row(bucket, from);
    if (!row) throw refusals.noObject();
    if (this.row(bucket, to)) throw refusals.duplicate();
    this.#rows.delete(`${bucket}/${from}`);
    const moved = { ...row, key: to, updatedAt: this.#now() };
    this.#rows.set(`${bucket}/${to}`, moved);
    return moved;
  }

  remove(bucket: string, key: string): Row | undefined {
    const row = this.row(bucket, key);
    this.#rows.delete(`${bucket}/${key}`);
    return row;
  }

  /** For tests. */
  change(bucket: string, key: string, to: Partial<Row>): void {
    const row = this.row(bucket, key);
    if (!row) throw new Error(`there is no ${bucket}/${key}`);
    this.#rows.set(`${bucket}/${key}`, { ...row, ...to });
  }

  /** No two alike. */
  #now(): number {
    this.#latest = Math.max(Date.now(), this.#latest + 1);
    return this.#latest;
  }
}
