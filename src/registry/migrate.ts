/**
 * The schema's history. A migration that was released is never changed, renamed or removed: the next one is
 * added below it.
 */
import type { Kysely } from 'kysely';
import { type Migration, Migrator } from 'kysely/migration';
import { VigilError } from '../errors.ts';
import { initial } from './migrations/0001-initial.ts';
import { incidentsOfAll } from './migrations/0002-incidents-of-all.ts';
import type { SqlDialect, Tables } from './schema.ts';

function migrations(dialect: SqlDialect): Record<string, Migration> {
  return { '0001-initial': initial(dialect), '0002-incidents-of-all': incidentsOfAll(dialect) };
}

/** Throws `registry_too_new` before anything is changed; whatever else fails is thrown as it is. */
export async function migrate(db: Kysely<Tables>, dialect: SqlDialect, name: string): Promise<void> {
  const known = migrations(dialect);
  const unknown = (await executed(db)).filter((migration) => !Object.hasOwn(known, migration));
  if (unknown.length > 0) {
    throw new VigilError(
      'registry_too_new',
      `The registry ${name} was written by a newer version: this one does not know its migration ${unknown.join(', ')}.`,
      { subject: name },
    );
  }
  const { error } = await new Migrator({
    db,
    provider: { getMigrations: async () => known },
  }).migrateToLatest();
  if (error) throw error;
}

async function executed(db: Kysely<Tables>): Promise<readonly string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === 'kysely_migration')) return [];
  return (await db.selectFrom('kysely_migration').select('name').execute()).map((row) => row.name);
}
