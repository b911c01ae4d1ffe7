import { stat } from 'node:fs/promises';
import { bad, good } from '../wording/finding.ts';
import type { Check } from './context.ts';

/** Looks only: read-only, beside a daemon that may be writing. */
export const registryCheck: Check = {
  name: 'registry',
  async run({ layout }) {
    const path = layout.registry;
    if (!(await stat(path).catch(() => null)))
      return [good('registry', 'none yet; it is created at the first start')];
    const remedy = `The sessions do not depend on it: stop the daemon, move ${path} (and its -wal and -shm) away and start again. History is lost.`;
    try {
      const { default: Database } = await import('better-sqlite3');
      const database = new Database(path, { readonly: true, fileMustExist: true, timeout: 5_000 });
      try {
        const result = String(database.pragma('quick_check(1)', { simple: true }));
        if (result !== 'ok') return [bad('registry', `${path} is damaged: ${result}`, remedy)];
        return [good('registry', `sound, schema ${latestMigration(database) ?? 'of no version'}`)];
      } finally {
        database.close();
      }
    } catch (error) {
      return [
        bad(
          'registry',
          `${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
          remedy,
        ),
      ];
    }
  },
};

interface Queries {
  prepare(sql: string): { get(): unknown };
}

/** By the table in which the query builder notes the migrations that ran. */
function latestMigration(database: Queries): string | null {
  try {
    const row = database.prepare('select max(name) as name from kysely_migration').get() as {
      name: string | null;
    };
    return row.name;
  } catch {
    return null;
  }
}
