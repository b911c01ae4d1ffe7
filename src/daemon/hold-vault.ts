/** The vault as everybody here gets it: only its owner writes. */
import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import type { BackupIncidents } from '../backup/incidents.ts';
import { withStagedText } from '../backup/staged-text.ts';
import type { Vault } from '../backup/vault.ts';
import { requireInstallation } from '../installation/installation.ts';
import { OwnedVault } from '../installation/owned-vault.ts';
import { type Standing, VaultOwner } from '../installation/vault-owner.ts';
import type { Logger } from '../log.ts';
import type { Clock } from '../system/clock.ts';
import type { Disk } from '../system/disk.ts';
import type { VolumeLayout } from '../volume/layout.ts';

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
}

export interface HeldVault {
  readonly vault: Vault;
  /** Null where nobody else can reach it. */
  readonly owner: VaultOwner | null;
  /** Of this volume. */
  readonly installation: string;
}

export async function holdVault(options: HoldVault): Promise<HeldVault> {
  const { stored, onVolume, layout, disk, clock, log, incidents } = options;
  const { id: installation } = await requireInstallation({ layout, disk, now: clock.now() });
  if (onVolume) return { vault: stored, owner: null, installation };
  const owner = new VaultOwner({
    vault: stored,
    self: { installation, run: randomBytes(6).toString('hex'), host: hostname() },
    clock,
    random: Math.random,
    staged: (text, use) => withStagedText('owner', text, { layout, disk }, use),
    onStanding: (standing) => tell(standing, log, incidents),
  });
  return { vault: new OwnedVault(stored, (signal) => owner.require(signal)), owner, installation };
}

function tell(standing: Standing, log: Logger, incidents: BackupIncidents): void {
  if (standing.owner) {
    log.info({}, 'The vault is ours to write to');
    incidents.resolve('vault_owned', null);
    return;
  }
  const { error } = standing;
  if (error.code !== 'vault_owned') {
    log.warn({ err: error }, 'Whether the vault is ours cannot be said; nothing is written to it');
    return;
  }
  const { message, remedy } = error;
  log.error({ err: error }, 'The vault is not ours; sessions go on, and nothing is written to it');
  incidents.raise('vault_owned', null, { problem: message, remedy });
}
