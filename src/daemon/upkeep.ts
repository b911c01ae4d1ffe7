/** What a daemon does once a day beside the sessions' own lives, and right after its start. */
import type { Housekeeping } from '../restore/housekeeping.ts';
import type { Backups } from '../session/ports.ts';
import type { SessionRecord } from '../session/record.ts';
import type { Clock } from '../system/clock.ts';

export interface UpkeepPorts {
  readonly clock: Clock;
  readonly backups: Pick<Backups, 'markRejected'>;
  readonly housekeeping: Pick<Housekeeping, 'daily'>;
  /** Says which backups could not be opened if they were needed. Never rejects. */
  readonly lookAtKeys: (signal: AbortSignal) => Promise<void>;
  readonly records: () => readonly SessionRecord[];
}

const day = 86_400_000;

/** Until the signal aborts. Never rejects. */
export async function keepUp(
  { clock, backups, housekeeping, lookAtKeys, records }: UpkeepPorts,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    await lookAtKeys(signal);
    // What could not be marked while the vault was away, perhaps by an earlier run.
    for (const record of records()) await backups.markRejected(record, signal);
    await housekeeping.daily(records(), signal);
    await clock.sleep(day, signal).catch(() => {});
  }
}
