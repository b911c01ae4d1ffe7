/**
 * The registry as the daemon keeps it: a mirror and a history beside the records, never in their way. Losing
 * it is said once, and supervision goes on.
 */
import type { Logger } from '../log.ts';
import { BestEffortRegistry } from '../registry/best-effort.ts';
import type { Registry } from '../registry/registry.ts';
import { type RegistryReplaced, SqliteRegistry } from '../registry/sqlite.ts';
import type { History } from '../session/ports.ts';
import type { SessionRecord } from '../session/record.ts';
import type { Clock, Timer } from '../system/clock.ts';

export interface OpenHistory extends History {
  readonly registry: Registry;
  close(): Promise<void>;
}

const day = 24 * 60 * 60_000;
/** History older than this is removed; incidents that are still open stay. */
const kept = 90 * day;

/** Throws `registry_too_new` alone: writing into it would do harm, and nothing else about it may stop a start. */
export async function openHistory(options: {
  readonly path: string;
  readonly clock: Clock;
  readonly log: Logger;
  /** What is put in again when the registry had to begin anew. */
  readonly records: () => readonly SessionRecord[];
}): Promise<OpenHistory> {
  const { path, clock, log, records } = options;
  const registry = new BestEffortRegistry(
    new SqliteRegistry({ path, clock, onReplaced: (replaced) => begunAnew(replaced) }),
    {
      clock,
      report: (report) =>
        report.type === 'lost'
          ? log.error({ err: report.error }, 'The registry is lost; supervision goes on without it')
          : log.info({ after: report.afterMs, dropped: report.dropped }, 'The registry is back'),
    },
  );

  function begunAnew({ problem, keptAs }: RegistryReplaced): void {
    log.warn({ problem, keptAs }, 'The registry was begun anew; its history is gone from the lists');
    for (const record of records()) void registry.putSession(record);
  }

  let pruning: Timer | null = null;
  const prune = () => {
    void registry.prune(new Date(clock.now() - kept).toISOString());
    pruning = clock.setTimer(day, prune);
  };

  await registry.open();
  prune();
  return {
    registry,
    record: (record) => void registry.putSession(record),
    transition: (entry) => void registry.addTransitions([entry]),
    incident: (incident) => void registry.putIncident(incident),
    async close() {
      pruning?.cancel();
      await registry.close();
    },
  };
}
