/**
 * Where the platform promised a volume. A mount that is missing looks like an empty volume: every session would
 * be paired anew, onto a disk that the next deployment throws away. So it is an error, never a fresh start.
 */
import { realpath } from 'node:fs/promises';
import { VigilError } from '../errors.ts';
import { unlessAbsent } from '../system/errno.ts';
import { isMountPoint, isWithin } from './mounts.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** People set these on their own machines to reach Railway; they do not mean that this is Railway. */
const credentials: ReadonlySet<string> = new Set(['RAILWAY_TOKEN', 'RAILWAY_API_TOKEN']);

export function isOnRailway(env: Environment): boolean {
  return Object.entries(env).some(
    ([name, value]) =>
      name.startsWith('RAILWAY_') && !credentials.has(name) && value !== undefined && value !== '',
  );
}

export interface Promised {
  /** Railway's variables. */
  readonly env: Environment;
  /** `VIGIL_EXPECT_MOUNT`. */
  readonly expectMount: boolean;
}

/** Throws `volume_missing` where a mount was promised and `root` is not on it. */
export async function requireExpectedMount(root: string, { env, expectMount }: Promised): Promise<void> {
  const railway = env['RAILWAY_VOLUME_MOUNT_PATH'] || null;
  if (railway === null && isOnRailway(env)) {
    throw new VigilError(
      'volume_missing',
      'This service runs on Railway without a volume; none of its disk survives a deployment.',
      {
        subject: root,
        remedy:
          'Attach a volume to the service (Railway: right-click the service, Attach volume, mount path /data) and redeploy.',
      },
    );
  }
  if (railway !== null) {
    await requireMounted(
      railway,
      'RAILWAY_VOLUME_MOUNT_PATH',
      'Attach the volume to this service again and redeploy.',
    );
    const real = await unlessAbsent(realpath(root));
    if (!(real ? isWithin(await realpath(railway), real) : isWithin(railway, root))) {
      throw new VigilError(
        'volume_missing',
        `VIGIL_VOLUME is ${root}, which is not on the Railway volume mounted at ${railway}.`,
        {
          subject: root,
          remedy: `Remove VIGIL_VOLUME, or choose a directory below ${railway}.`,
        },
      );
    }
  }
  if (expectMount && railway === null) {
    await requireMounted(
      root,
      'VIGIL_EXPECT_MOUNT=1',
      `Mount a volume there (docker run -v vigil:${root}), or set VIGIL_EXPECT_MOUNT=0 to keep the sessions in the container and lose them with it.`,
    );
  }
}

async function requireMounted(directory: string, because: string, remedy: string): Promise<void> {
  const mounted = await unlessAbsent(isMountPoint(directory));
  if (mounted) return;
  const found =
    mounted === null ? 'there is no such directory' : 'it is an ordinary directory on the disk around it';
  throw new VigilError(
    'volume_missing',
    `A volume was expected to be mounted at ${directory} (${because}), but ${found}.`,
    {
      subject: directory,
      remedy,
    },
  );
}
