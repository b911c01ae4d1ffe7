/**
 * Looks at the start whether the vault can be used, and again for as long as it cannot. Sessions need none to be online:
 * they go on, and whoever set a vault that can never work is told in so many words.
 */
import type { BackupIncidents } from '../backup/incidents.ts';
import type { Vault } from '../backup/vault.ts';
import { toVigilError, type VigilError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Clock } from '../system/clock.ts';

export interface WatchVault {
  readonly vault: Vault;
  readonly clock: Clock;
  readonly log: Logger;
  readonly incidents: BackupIncidents;
}

const again = 5 * 60_000;

/** Resolves when the vault can be used, or when the signal aborts. Never rejects. */
export async function watchVault(
  { vault, clock, log, incidents }: WatchVault,
  signal: AbortSignal,
): Promise<void> {
  for (let told: string | null = null; !signal.aborted; ) {
    const error = await vault.check(signal).then(() => null, toVigilError);
    if (signal.aborted) return;
    if (error === null) {
      log.info({ vault: vault.name }, 'The vault can be used');
      incidents.resolve('vault_unreachable', null);
      return;
    }
    incidents.raise('vault_unreachable', null, { problem: error.message, remedy: error.remedy });
    if (error.code !== told) tell(error, log);
    told = error.code;
    await clock.sleep(again, signal).catch(() => {});
  }
}

function tell(error: VigilError, log: Logger): void {
  if (error.code === 'vault_unavailable')
    log.warn({ err: error }, 'The vault does not answer; sessions go on without backups until it does');
  else
    log.error(
      { err: error },
      'The vault that is set cannot be used; sessions go on, and none is backed up until a person mends it',
    );
}
