/** The vault as everybody here gets it: only its owner writes, and only its owner runs what it holds. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { BackupIncidents } from '../backup/incidents.ts';
import { withStagedText } from '../backup/staged-text.ts';
import type { Vault } from '../backup/vault.ts';
import { requireInstallation } from '../installation/installation.ts';
import { clearLostVault } from '../installation/lost-vault.ts';
import { OwnedVault } from '../installation/owned-vault.ts';
import type { Silence } from '../installation/renewal.ts';
import type { Standing } from '../installation/standing.ts';
import { VaultOwner } from '../installation/vault-owner.ts';
import type { Logger } from '../log.ts';
import type { WithheldOwnership } from '../ownership/withheld.ts';
import { StandDown, type StandDownPorts } from '../supervisor/stand-down.ts';
import type { Clock } from '../system/clock.ts';
import type { Disk } from '../system/disk.ts';
import type { VolumeLayout } from '../volume/layout.ts';
import { silenceWords } from './silence-words.ts';

export interface HoldVault {
  /** Ready to be worked with (open-vault.ts). */
  readonly stored: Vault;
  /** It lies on the volume itself, whose lock keeps everybody else away. */
  readonly onVolume: boolean;
  readonly layout: VolumeLayout;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Logger;
  readonly incidents: BackupIncidents;
  readonly ownership: Pick<WithheldOwnership, 'withhold'>;
  readonly records: StandDownPorts['records'];
  readonly sessions: StandDownPorts['sessions'];
}

export interface HeldVault {
  readonly vault: Vault;
  /** Null where nobody else can reach it. */
  readonly owner: VaultOwner | null;
  /** The same. */
  readonly standDown: StandDown | null;
  /** Of this volume. */
  readonly installation: string;
}

export async function holdVault(options: HoldVault): Promise<HeldVault> {
  const { stored, onVolume, layout, disk, clock, log, incidents, ownership } = options;
  const { id: installation } = await requireInstallation({ layout, disk, now: clock.now() });
  if (onVolume) {
    // It was another one, whose owner has nothing to do with this one.
    await clearLostVault({ layout, disk });
    for (const cause of ['vault_owned', 'vault_unrenewed'] as const) incidents.resolve(cause, null);
    return { vault: stored, owner: null, standDown: null, installation };
  }
  const standDown = new StandDown({
    ...options,
    vault: stored,
    withhold: (why) => ownership.withhold(why),
  });
  await standDown.resume();
  const owner = new VaultOwner({
    vault: stored,
    self: { installation, run: randomBytes(6).toString('hex'), host: hostname() },
    clock,
    random: Math.random,
    staged: (text, use) => withStagedText('owner', text, { layout, disk }, use),
    onStanding: (standing) => {
      tell(standing, log, incidents);
      standDown.stands(standing);
    },
    onSilence: (silence) => tellSilence(silence, log, incidents),
  });
  const vault = new OwnedVault(stored, (signal) => owner.require(signal));
  return { vault, owner, standDown, installation };
}

function tell(standing: Standing, log: Logger, incidents: BackupIncidents): void {
  if (standing.owner) {
    log.info({}, 'The vault is ours to write to');
    incidents.resolve('vault_owned', null);
    return;
  }
  const { error, by } = standing;
  if (error.code !== 'vault_owned') {
    log.warn({ err: error }, 'Whether the vault is ours cannot be said; nothing is written to it');
    return;
  }
  const { message, remedy } = error;
  log.error(
    { err: error },
    by === null
      ? 'The vault is not ours; sessions go on, and nothing is written to it'
      : 'The vault is not ours; nothing is written to it, and nothing is run that it holds',
  );
  incidents.raise('vault_owned', null, { problem: message, remedy });
}

function tellSilence(silence: Silence | null, log: Logger, incidents: BackupIncidents): void {
  if (silence === null) {
    incidents.resolve('vault_unrenewed', null);
    return;
  }
  const { problem, remedy } = silenceWords(silence);
  log.error({ problem, remedy }, 'The right to the vault could not be renewed; sessions go on');
  incidents.raise('vault_unrenewed', null, { problem, remedy });
}
