/** The settings of vaults: where backups go, and what opens a store that is not on this machine. */
import type { Fault } from './faults.ts';
import { oneOf, text, webAddress } from './parsers.ts';
import { optional, setting } from './setting.ts';
import { type BucketAddress, type VaultAddress, vaultAddress } from './vault-address.ts';

/** Printable, without spaces: what goes into a header. */
const credential = (what: string, longest: number) =>
  text(
    `${what} (1 to ${longest} printable characters without spaces)`,
    new RegExp(`^[\\x21-\\x7e]{1,${longest}}$`),
  );

export const vaultSettings = {
  vault: setting({
    env: 'VIGIL_VAULT',
    flag: '--vault <address>',
    parser: vaultAddress,
    default: 'directory:<volume>/vigil/vault',
    derived: ({ volume, supabaseUrl }) =>
      typeof supabaseUrl === 'string' ? 'supabase:whatsapp-backups' : `directory:${volume}/vigil/vault`,
    section: 'backup',
    description:
      'Where backups go. Without it they lie below vigil/vault on the volume, and are lost together with it; with `SUPABASE_URL` set it is `supabase:whatsapp-backups`.',
  }),
  supabaseUrl: optional({
    env: 'SUPABASE_URL',
    parser: webAddress,
    absent: null,
    section: 'backup',
    description: 'Address of the Supabase project whose Storage holds the vault.',
  }),
  supabaseKey: optional({
    env: 'SUPABASE_SECRET_KEY',
    alsoEnv: ['SUPABASE_SERVICE_ROLE_KEY'],
    parser: credential('a secret key (`sb_secret_…`) or a service role key', 4_096),
    secret: true,
    absent: null,
    section: 'backup',
    description:
      'Key for it. The public one (`anon`, `sb_publishable_…`) will not do: with it every listing is empty.',
  }),
  awsAccessKey: optional({
    env: 'AWS_ACCESS_KEY_ID',
    parser: credential('an access key', 256),
    secret: true,
    absent: null,
    section: 'backup',
    description:
      'Access key for a vault of the kind `s3:`. Without keys and without an endpoint, what the machine itself is allowed on AWS (its role) is used.',
  }),
  awsSecretKey: optional({
    env: 'AWS_SECRET_ACCESS_KEY',
    parser: credential('a secret key', 256),
    secret: true,
    absent: null,
    section: 'backup',
    description: 'Secret that belongs to the access key.',
  }),
  awsSessionToken: optional({
    env: 'AWS_SESSION_TOKEN',
    parser: credential('a session token', 8_192),
    secret: true,
    absent: null,
    section: 'backup',
    description: 'Token of temporary keys; they end, and backups with them.',
  }),
  awsRegion: optional({
    env: 'AWS_REGION',
    alsoEnv: ['AWS_DEFAULT_REGION'],
    parser: text('a region, such as eu-central-1', /^[a-z0-9-]{1,64}$/),
    absent: null,
    section: 'backup',
    description:
      'Region of the bucket. Needed on AWS; with an endpoint `us-east-1` is said where nothing else is.',
  }),
  s3Endpoint: optional({
    env: 'AWS_ENDPOINT_URL_S3',
    alsoEnv: ['AWS_ENDPOINT_URL'],
    parser: webAddress,
    absent: null,
    section: 'backup',
    description: 'Address of an S3-compatible store (MinIO, R2, Supabase and others). Without it, AWS.',
  }),
  s3PathStyle: setting({
    env: 'VIGIL_S3_PATH_STYLE',
    parser: oneOf('auto', 'on', 'off'),
    default: 'auto',
    section: 'backup',
    description:
      'Whether the bucket is named in the path of a request instead of in its host name. `auto`: with an endpoint yes, on AWS no.',
  }),
} as const;

/** What is read so far: undefined where it could not be. */
interface VaultValues {
  readonly vault?: VaultAddress;
  readonly supabaseUrl?: string | null;
  readonly supabaseKey?: string | null;
  readonly awsAccessKey?: string | null;
  readonly awsSecretKey?: string | null;
  readonly awsSessionToken?: string | null;
  readonly awsRegion?: string | null;
  readonly s3Endpoint?: string | null;
}

/** Combinations that cannot work. What is only wrong by itself is said elsewhere. */
export function vaultContradictions(values: VaultValues): Fault[] {
  const { vault } = values;
  if (vault === undefined || vault.kind === 'directory') return [];
  return vault.kind === 'supabase' ? ofSupabase(vault, values) : ofS3(vault, values);
}

function ofSupabase(vault: BucketAddress, { supabaseUrl, supabaseKey }: VaultValues): Fault[] {
  return [
    ...(supabaseUrl === null
      ? [missing(vault, 'supabaseUrl', 'the address of the project, https://<project>.supabase.co')]
      : []),
    ...(supabaseKey === null ? [missing(vault, 'supabaseKey', 'a key of the project')] : []),
  ];
}

function ofS3(vault: BucketAddress, values: VaultValues): Fault[] {
  const { awsAccessKey, awsSecretKey, awsSessionToken, awsRegion, s3Endpoint } = values;
  const faults: Fault[] = [];
  // A role of the machine is something that only AWS knows.
  const needsKeys =
    typeof s3Endpoint === 'string' ||
    [awsAccessKey, awsSecretKey, awsSessionToken].some((key) => typeof key === 'string');
  if (needsKeys && awsAccessKey === null)
    faults.push(missing(vault, 'awsAccessKey', 'the access key of the store'));
  if (needsKeys && awsSecretKey === null)
    faults.push(missing(vault, 'awsSecretKey', 'the secret of the access key'));
  if (s3Endpoint === null && awsRegion === null)
    faults.push(missing(vault, 'awsRegion', 'the region of the bucket, or an endpoint'));
  return faults;
}

function missing(vault: BucketAddress, key: keyof typeof vaultSettings, what: string): Fault {
  const { env } = vaultSettings[key];
  return {
    name: env,
    kind: 'missing',
    message: `${env}: expected ${what}, since backups go to ${vaultAddress.format(vault)}; found none.`,
  };
}
