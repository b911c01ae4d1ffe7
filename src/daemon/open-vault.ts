/** The adapter for the vault that the settings name. What a kind needs is loaded for that kind alone. */
import type { Vault } from '../backup/vault.ts';
import type { Settings } from '../config/settings.ts';
import { vaultAddress } from '../config/vault-address.ts';
import { VigilError } from '../errors.ts';
import { registerSecret } from '../log/secrets.ts';
import type { Clock } from '../system/clock.ts';
import type { Disk } from '../system/disk.ts';
import { DirectoryVault } from '../vault/directory-vault.ts';
import { liesOnVolume, type VolumeLayout } from '../volume/layout.ts';

export type VaultSettings = Pick<
  Settings,
  | 'vault'
  | 'supabaseUrl'
  | 'supabaseKey'
  | 'awsAccessKey'
  | 'awsSecretKey'
  | 'awsSessionToken'
  | 'awsRegion'
  | 's3Endpoint'
  | 's3PathStyle'
>;

export interface OpenVaultOptions {
  readonly settings: VaultSettings;
  readonly layout: VolumeLayout;
  readonly disk: Disk;
  readonly clock: Clock;
}

/** Asks nothing of the vault yet. */
export async function openVault({ settings, layout, disk, clock }: OpenVaultOptions): Promise<Vault> {
  for (const secret of [settings.supabaseKey, settings.awsAccessKey, settings.awsSecretKey])
    if (secret !== null) registerSecret(secret);
  if (settings.awsSessionToken !== null) registerSecret(settings.awsSessionToken);
  const { vault } = settings;
  switch (vault.kind) {
    case 'directory':
      return new DirectoryVault({ path: vault.path, disk, clock, onVolume: liesOnVolume(vault, layout) });
    default:
      throw new VigilError(
        'not_yet_available',
        `${vaultAddress.format(vault)}: a vault of the kind ${vault.kind}: is not part of this version yet.`,
      );
  }
}
