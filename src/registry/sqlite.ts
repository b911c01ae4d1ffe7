/**
 * The registry in one file on the volume. It is a mirror and a history; when its file is damaged or deleted, a
 * fresh one takes its place at once and whoever composed this puts the sessions in again.
 */
import { stat } from 'node:fs/promises';
import { Kysely, SqliteDialect } from 'kysely';
import { VigilError } from '../errors.ts';
import type { Incident, TransitionEntry } from '../session/history.ts';
import type { SessionId } from '../session/id.ts';
import type { SessionRecord } from '../session/record.ts';
import type { Clock } from '../system/clock.ts';
import { unlessAbsent } from '../system/errno.ts';
import { migrate } from './migrate.ts';
import * as queries from './queries.ts';
import type { Registry } from './registry.ts';
import type { Tables } from './schema.ts';
import { copyDatabase, type Database, isDamage, openDatabase, setAside, sqliteCode } from './sqlite-file.ts';

/** The registry begins anew: what it held is in `keptAs`, or lost where that is null. */
export interface RegistryReplaced {
  readonly problem: string;
  readonly keptAs: string | null;
}

export interface SqliteRegistryOptions {
  readonly path: string;
  readonly clock: Clock;
  /** Called after a fresh file has taken the place of one that was damaged or deleted. */
  readonly onReplaced: (replaced: RegistryReplaced) => void;
  /** The volume belongs to the browsers; history beyond this is refused (`registry_unavailable`). */
  readonly maxBytes?: number;
}

const defaultMaxBytes = 512 * 1024 ** 2;

interface Opened {
  readonly db: Kysely<Tables>;
  readonly file: Database;
  readonly inode: number;
}

export class SqliteRegistry implements Registry {
  readonly #options: SqliteRegistryOptions;
  #opened: Opened | null = null;
  /** One call after the other: a file that is being replaced must not be asked meanwhile. */
  #line: Promise<unknown> = Promise.resolve();

  constructor(options: SqliteRegistryOptions) {
    this.#options = options;
  }

  open(): Promise<void> {
    return this.#inLine(async () => {
      if (!this.#opened) await this.#openOrReplace();
    });
  }

  sessions(): Promise<readonly SessionRecord[]> {
    return this.#ask((db) => queries.selectSessions(db));
  }

  putSession(record: SessionRecord): Promise<void> {
    return this.#ask((db) => queries.upsertSession(db, record));
  }

  removeSession(id: SessionId): Promise<void> {
    return this.#ask((db) => queries.deleteSession(db, id));
  }

  addTransitions(entries: readonly TransitionEntry[]): Promise<void> {
    return this.#ask((db) => queries.insertTransitions(db, entries));
  }

  transitions(id: SessionId, limit: number): Promise<readonly TransitionEntry[]> {
    return this.#ask((db) => queries.selectTransitions(db, id, limit));
  }

  putIncident(incident: Incident): Promise<void> {
    return this.#ask((db) => queries.upsertIncident(db, incident));
  }

  incidents(id: SessionId | null, limit: number): Promise<readonly Incident[]> {
    return this.#ask((db) => queries.selectIncidents(db, id, limit));
  }

  openIncidents(): Promise<readonly Incident[]> {
    return this.#ask((db) => queries.selectOpenIncidents(db));
  }

  prune(before: string): Promise<void> {
    return this.#ask((db) => queries.deleteHistory(db, before));
  }

  snapshot(path: string): Promise<void> {
    return this.#inLine(async () => copyDatabase((await this.#intact()).file, path));
  }

  close(): Promise<void> {
    return this.#inLine(() => this.#close());
  }

  #ask<T>(question: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.#inLine(async () => {
      const { db } = await this.#intact();
      try {
        return await question(db);
      } catch (error) {
        if (isDamage(error)) {
          await this.#close();
          await this.#replace(error);
        }
        throw error;
      }
    });
  }

  #inLine<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#line.then(step).catch((error: unknown) => {
      throw this.#named(error);
    });
    this.#line = done.catch(() => {});
    return done;
  }

  /** SQLite goes on writing into a file that was deleted; what it writes is gone with the process. */
  async #intact(): Promise<Opened> {
    const opened = this.#opened;
    if (!opened) throw new Error('it is not open');
    const found = await unlessAbsent(stat(this.#options.path));
    if (found?.ino === opened.inode) return opened;
    await this.#close();
    const fresh = await this.#openOrReplace();
    this.#options.onReplaced({ problem: 'its file was deleted or replaced', keptAs: null });
    return fresh;
  }

  async #openOrReplace(): Promise<Opened> {
    try {
      return await this.#openFile();
    } catch (error) {
      if (!isDamage(error)) throw error;
      return this.#replace(error);
    }
  }

  async #replace(error: unknown): Promise<Opened> {
    const keptAs = await setAside(this.#options.path, this.#options.clock.now());
    const fresh = await this.#openFile();
    this.#options.onReplaced({ problem: error instanceof Error ? error.message : String(error), keptAs });
    return fresh;
  }

  async #openFile(): Promise<Opened> {
    const { path, maxBytes } = this.#options;
    const database = openDatabase(path, maxBytes ?? defaultMaxBytes);
    const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database }) });
    try {
      await migrate(db, 'sqlite', path);
      this.#opened = { db, file: database, inode: (await stat(path)).ino };
      return this.#opened;
    } catch (error) {
      await db.destroy();
      throw error;
    }
  }

  async #close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = null;
    await opened?.db.destroy();
  }

  #named(error: unknown): VigilError {
    if (error instanceof VigilError) return error;
    const { path } = this.#options;
    const code = sqliteCode(error);
    const what = error instanceof Error ? error.message : String(error);
    return new VigilError(
      'registry_unavailable',
      `The registry ${path} cannot be used: ${what}${code && ` (${code})`}.`,
      {
        subject: path,
        cause: error,
      },
    );
  }
}
