/** The tables, as every dialect has them. JSON is text; times are ISO text, which sorts as time does. */
import type { Generated } from 'kysely';

export interface Tables {
  readonly sessions: { id: string; record: string; updated_at: string };
  readonly transitions: {
    /** The order of insertion; two entries may bear the same time. */
    seq: Generated<number>;
    session: string;
    at: string;
    from_state: string;
    to_state: string;
    cause: string;
    epoch: number;
  };
  readonly incidents: {
    id: string;
    /** Null: it concerns all. */
    session: string | null;
    opened_at: string;
    closed_at: string | null;
    cause: string;
    steps: string;
    outcome: string | null;
    remedy: string | null;
  };
  /** Kysely's own: which migrations have run. */
  readonly kysely_migration: { name: string; timestamp: string };
}

export type SqlDialect = 'sqlite' | 'postgres';
