import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';
import type { SqlDialect } from '../schema.ts';

/** Sessions, transitions, incidents. */
export function initial(dialect: SqlDialect): Migration {
  return {
    async up(db: Kysely<unknown>): Promise<void> {
      await db.schema
        .createTable('sessions')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('record', 'text', (column) => column.notNull())
        .addColumn('updated_at', 'text', (column) => column.notNull())
        .execute();
      await db.schema
        .createTable('transitions')
        .addColumn('seq', dialect === 'postgres' ? 'bigserial' : 'integer', (column) => column.primaryKey())
        .addColumn('session', 'text', (column) => column.notNull())
        .addColumn('at', 'text', (column) => column.notNull())
        .addColumn('from_state', 'text', (column) => column.notNull())
        .addColumn('to_state', 'text', (column) => column.notNull())
        .addColumn('cause', 'text', (column) => column.notNull())
        .addColumn('epoch', 'bigint', (column) => column.notNull())
        .execute();
      await db.schema
        .createIndex('transitions_of_session')
        .on('transitions')
        .columns(['session', 'seq'])
        .execute();
      await db.schema.createIndex('transitions_by_time').on('transitions').column('at').execute();
      await db.schema
        .createTable('incidents')
        .addColumn('id', 'text', (column) => column.primaryKey())
        .addColumn('session', 'text', (column) => column.notNull())
        .addColumn('opened_at', 'text', (column) => column.notNull())
        .addColumn('closed_at', 'text')
        .addColumn('cause', 'text', (column) => column.notNull())
        .addColumn('steps', 'text', (column) => column.notNull())
        .addColumn('outcome', 'text')
        .addColumn('remedy', 'text')
        .execute();
      await db.schema
        .createIndex('incidents_of_session')
        .on('incidents')
        .columns(['session', 'opened_at'])
        .execute();
    },
  };
}
