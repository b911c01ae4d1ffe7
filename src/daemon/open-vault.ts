/** The vault that the settings name. What a kind needs is loaded for that kind alone. */
import { steadyVault } from '../backup/steady-vault.ts';
import { TimedVault } from '../backup/timed-vault.ts';
import type { Vault } from '../backup/vault.ts';
import type { Settings } from '../config/settings.ts';
import { type BucketAddress, vaultAddress } from '../config/vault-address.ts';
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
  readonly random: () => number;
}

/** Ready to be worked with; asks nothing of it yet. */
export async function openVault({ clock, random, ...options }: OpenVaultOptions): Promise<Vault> {
  const adapter = await openAdapter({ clock, ...options });
  return options.settings.vault.kind === 'directory'
    ? new TimedVault(adapter, clock)
    : steadyVault(adapter, { clock, random });
}

/** With no more than deadlines around it, for one who wants to know how it answers and not to get by. */
export async function openBareVault({ clock, ...options }: Omit<OpenVaultOptions, 'random'>): Promise<Vault> {
  return new TimedVault(await openAdapter({ clock, ...options }), clock);
}

async function openAdapter({
  settings,
  layout,
  disk,
  clock,
}: Omit<OpenVaultOptions, 'random'>): Promise<Vault> {
  const { supabaseKey, awsAccessKey, awsSecretKey, awsSessionToken } = settings;
  for (const secret of [supabaseKey, awsAccessKey, awsSecretKey, awsSessionToken])
    if (secret !== null) registerSecret(secret);
  const { vault } = settings;
  switch (vault.kind) {
    case 'directory':
      return new DirectoryVault({ path: vault.path, disk, clock, onVolume: liesOnVolume(vault, layout) });
    case 's3':
      return openS3(vault, settings, clock);
    case 'supabase':
      return openSupabase(vault, settings, clock);
  }
}

async function openSupabase(
  address: BucketAddress,
  { supabaseUrl: url, supabaseKey: key }: VaultSettings,
  clock: Clock,
): Promise<Vault> {
  // Settings without them are refused when they are read (config/vault-settings.ts).
  if (url === null || key === null)
    throw new VigilError('internal', `${vaultAddress.format(address)} lacks its address or its key.`);
  const { SupabaseVault } = await import('../vault/supabase/supabase-vault.ts');
  return new SupabaseVault({ url, key, bucket: address.bucket, prefix: address.prefix, clock });
}

async function openS3(
  { bucket, prefix }: BucketAddress,
  settings: VaultSettings,
  clock: Clock,
): Promise<Vault> {
  const { S3Vault } = await import('../vault/s3/s3-vault.ts');
  const { awsAccessKey, awsSecretKey, awsSessionToken, awsRegion, s3Endpoint, s3PathStyle } = settings;
  return new S3Vault({
    bucket,
    prefix,
    clock,
    endpoint: s3Endpoint,
    // What a store other than AWS is called is its own affair; most of them know this name.
    region: awsRegion ?? 'us-east-1',
    pathStyle: s3PathStyle === 'auto' ? s3Endpoint !== null : s3PathStyle === 'on',
    credentials:
      awsAccessKey === null || awsSecretKey === null
        ? null
        : { accessKeyId: awsAccessKey, secretAccessKey: awsSecretKey, sessionToken: awsSessionToken },
  });
}
