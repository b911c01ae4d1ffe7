/**
 * A backup of the profile as it is, before another version of the browser or of the library opens it. The session does
 * not wait for it without end: whatever keeps the backup is said, and the start goes on
 * (docs/decisions/0034-backup-before-an-upgrade.md).
 */
import { toVigilError } from '../errors.ts';
import { DeadlineExceeded, within } from '../system/deadline.ts';
import type { EffectsPorts } from './effects-ports.ts';
import type { BackupTaken } from './ports.ts';
import type { SessionRecord } from './record.ts';

export interface UpgradeBackup {
  /** Begins the backup, or joins the one that is under way. */
  readonly take: () => Promise<BackupTaken>;
  readonly abandon: () => void;
}

/** Milliseconds for the backup; the start of others may wait behind it. */
const patience = 2 * 60_000;
/** Milliseconds for an abandoned one to let go of the profile. */
const toLetGo = 5_000;

/** Resolves when the profile may be opened. Never rejects but for the signal. */
export async function backUpBeforeUpgrade(
  record: SessionRecord,
  { take, abandon }: UpgradeBackup,
  { clock, log, upgrades }: Pick<EffectsPorts, 'clock' | 'log' | 'upgrades'>,
  signal: AbortSignal,
): Promise<void> {
  const what = await upgrades?.before(record, signal);
  signal.throwIfAborted();
  if (what === null || what === undefined) return;
  log.info({ what }, 'A backup is taken before the profile is taken over');
  const taken = take();
  try {
    const { mark } = await within(clock, patience, 'The backup', taken, signal);
    log.info({ what, backup: mark.id }, 'The profile may be taken over');
  } catch (thrown) {
    abandon();
    // A browser must not write into what is being copied.
    await within(
      clock,
      toLetGo,
      'Leaving the backup',
      taken.catch(() => {}),
    ).catch(() => {});
    signal.throwIfAborted();
    const error = toVigilError(thrown);
    // Whatever it is that hangs, the sessions after this one must not wait for it as well.
    upgrades?.failed(thrown instanceof DeadlineExceeded ? 'late' : error.code);
    const before = record.backup?.at ?? null;
    log.warn({ err: error, what, before }, 'The profile is taken over without a backup of how it was');
  }
}
