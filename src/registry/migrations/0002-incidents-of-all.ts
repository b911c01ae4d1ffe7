import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { SqlDialect } from '../schema.ts';

/** Incidents that concern no single session: `session` may be null. */
export function incidentsOfAll(dialect: SqlDialect): Migration {
  return { up: dialect === 'postgres' ? loosen : rebuild };
}

async function loosen(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable('incidents')
    .alterColumn('session', (column) => column.dropNotNull())
    .execute();
}

/** SQLite cannot take a constraint off a column. Both steps are in the migration's transaction. */
async function rebuild(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('incidents').renameTo('incidents_before').execute();
  // It went along under its name.
  await db.schema.dropIndex('incidents_of_session').execute();
  await db.schema
    .createTable('incidents')
    .addColumn('id', 'text', (column) => column.primaryKey())
    .addColumn('session', 'text')
    .addColumn('opened_at', 'text', (column) => column.notNull())
    .addColumn('closed_at', 'text')
    .addColumn('cause', 'text', (column) => column.notNull())
    .addColumn('steps', 'text', (column) => column.notNull())
    .addColumn('outcome', 'text')
    .addColumn('remedy', 'text')
    .execute();
  const tables = db as Kysely<{ incidents: Row; incidents_before: Row }>;
  await tables
    .insertInto('incidents')
    .columns(columns)
    .expression(tables.selectFrom('incidents_before').select(columns))
    .execute();
  await db.schema.dropTable('incidents_before').execute();
  await db.schema
    .createIndex('incidents_of_session')
    .on('incidents')
    .columns(['session', 'opened_at'])
    .execute();
}

const columns = ['id', 'session', 'opened_at', 'closed_at', 'cause', 'steps', 'outcome', 'remedy'] as const;
type Row = Record<(typeof columns)[number], string>;
