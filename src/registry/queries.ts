/** The registry's questions in SQL that SQLite and Postgres both speak. */
import type { Kysely, Selectable } from 'kysely';
import type { Incident, TransitionEntry } from '../session/history.ts';
import { isSessionId, type SessionId } from '../session/id.ts';
import type { SessionRecord } from '../session/record.ts';
import { parseRecord } from '../session/record-format.ts';
import type { Tables } from './schema.ts';

type Database = Kysely<Tables>;

/** Far below the number of parameters that any database takes in one statement. */
const rowsAtOnce = 100;

/** A row that this version cannot read is left out: records are the authority, and write it anew. */
export async function selectSessions(db: Database): Promise<readonly SessionRecord[]> {
  const rows = await db.selectFrom('sessions').select(['id', 'record']).orderBy('id').execute();
  return rows.flatMap(({ id, record }) => {
    if (!isSessionId(id)) return [];
    const parsed = parseRecord(record, id);
    return 'record' in parsed ? [parsed.record] : [];
  });
}

export async function upsertSession(db: Database, record: SessionRecord): Promise<void> {
  const values = { record: JSON.stringify(record), updated_at: record.updatedAt };
  await db
    .insertInto('sessions')
    .values({ id: record.id, ...values })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
    .execute();
}

export async function deleteSession(db: Database, id: SessionId): Promise<void> {
  await db.deleteFrom('sessions').where('id', '=', id).execute();
}

export async function insertTransitions(db: Database, entries: readonly TransitionEntry[]): Promise<void> {
  await db.transaction().execute(async (transaction) => {
    for (let start = 0; start < entries.length; start += rowsAtOnce) {
      const rows = entries.slice(start, start + rowsAtOnce).map((entry) => ({
        session: entry.session,
        at: entry.at,
        from_state: entry.from,
        to_state: entry.to,
        cause: entry.cause,
        epoch: entry.epoch,
      }));
      await transaction.insertInto('transitions').values(rows).execute();
    }
  });
}

export async function selectTransitions(
  db: Database,
  id: SessionId,
  limit: number,
): Promise<readonly TransitionEntry[]> {
  const rows = await db
    .selectFrom('transitions')
    .selectAll()
    .where('session', '=', id)
    .orderBy('seq', 'desc')
    .limit(limit)
    .execute();
  return rows.map((row) => ({
    session: id,
    at: row.at,
    from: row.from_state,
    to: row.to_state,
    cause: row.cause,
    epoch: Number(row.epoch),
  }));
}

export async function upsertIncident(db: Database, incident: Incident): Promise<void> {
  const values = {
    session: incident.session,
    opened_at: incident.openedAt,
    closed_at: incident.closedAt,
    cause: incident.cause,
    steps: JSON.stringify(incident.steps),
    outcome: incident.outcome,
    remedy: incident.remedy,
  };
  await db
    .insertInto('incidents')
    .values({ id: incident.id, ...values })
    .onConflict((conflict) => conflict.column('id').doUpdateSet(values))
    .execute();
}

export async function selectIncidents(
  db: Database,
  id: SessionId | null,
  limit: number,
): Promise<readonly Incident[]> {
  const all = db.selectFrom('incidents').selectAll();
  const rows = await (id === null ? all : all.where('session', '=', id))
    .orderBy('opened_at', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.flatMap(incidentOf);
}

export async function selectOpenIncidents(db: Database): Promise<readonly Incident[]> {
  const rows = await db
    .selectFrom('incidents')
    .selectAll()
    .where('closed_at', 'is', null)
    .orderBy('opened_at', 'desc')
    .orderBy('id', 'desc')
    .execute();
  return rows.flatMap(incidentOf);
}

export async function deleteHistory(db: Database, before: string): Promise<void> {
  await db.deleteFrom('transitions').where('at', '<', before).execute();
  // Null is before nothing: incidents that are open stay.
  await db.deleteFrom('incidents').where('closed_at', '<', before).execute();
}

function incidentOf(row: Selectable<Tables['incidents']>): readonly Incident[] {
  const { session } = row;
  if (session !== null && !isSessionId(session)) return [];
  return [
    {
      id: row.id,
      session,
      openedAt: row.opened_at,
      closedAt: row.closed_at,
      cause: row.cause,
      steps: stepsOf(row.steps),
      outcome: row.outcome,
      remedy: row.remedy,
    },
  ];
}

function stepsOf(text: string): readonly string[] {
  try {
    const steps: unknown = JSON.parse(text);
    return Array.isArray(steps) ? steps.map(String) : [];
  } catch {
    return [];
  }
}
