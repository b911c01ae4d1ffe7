import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { bytesOfBackups } from '../backup/apply-cap.ts';
import { everySession } from '../backup/backup-names.ts';
import { bytesOf } from '../config/share.ts';
import type { DirectoryAddress } from '../config/vault-address.ts';
import { liesOnVolume } from '../volume/layout.ts';
import { tryToWrite } from '../volume/try-to-write.ts';
import { roundBytes } from '../wording/bytes.ts';
import { bad, type Finding, good, warning } from '../wording/finding.ts';
import type { Check, DoctorContext } from './context.ts';
import { isDirectory } from './scratch.ts';
import { unwritable } from './unwritable.ts';

const elsewhere =
  'Name another disk (VIGIL_VAULT=directory:/mnt/backups) or a bucket (VIGIL_VAULT=supabase:… or s3:…).';

/** What is wrong with it is thrown, with what to do, by the vault itself. */
export const vaultCheck: Check = {
  name: 'vault',
  async run(context, signal) {
    const { vault: address } = context.settings;
    const onVolume = liesOnVolume(address, context.layout);
    const vault = await context.openVault();
    // On the volume it comes with the first backup; here it would come before the volume.
    const made = context.create && !onVolume && (await vault.create(signal));
    const findings = made ? [good('vault', `${vault.name} has been created`)] : [];
    if (address.kind === 'directory') return [...findings, ...(await directory(address, context, signal))];
    await vault.check(signal);
    return [...findings, good('vault', `${vault.name} answers, and lets itself be listed`)];
  },
};

/** Of a vault on the volume itself: how near it is to giving up backups before their time. */
async function itsShare(context: DoctorContext, signal: AbortSignal): Promise<Finding> {
  const { settings, disk, layout } = context;
  const most = await bytesOf(settings.vaultMax, () => disk.totalBytes(layout.root));
  const held = bytesOfBackups(await (await context.openVault()).list(everySession, signal));
  const found = `backups take ${roundBytes(held)} of the ${roundBytes(most)} that they may (VIGIL_VAULT_MAX)`;
  if (held < most * nearly) return good('vault', found);
  const what =
    held > most
      ? 'the two newest good ones of each session stay all the same'
      : 'the oldest go before their time, beyond the two newest good ones of each session';
  return warning('vault', `${found}: ${what}`, `${elsewhere} Or give them more room (VIGIL_VAULT_MAX).`);
}

/** After each backup it is brought back below its share, so that it is never seen at much more than this. */
const nearly = 0.9;

async function directory(
  { path }: DirectoryAddress,
  context: DoctorContext,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const { layout, disk, uid, settings } = context;
  const onVolume = liesOnVolume(settings.vault, layout);
  if (await isDirectory(path)) {
    try {
      await tryToWrite(path, disk);
    } catch (thrown) {
      return [await unwritable({ name: 'vault', directory: path, uid }, thrown)];
    }
    const found = `${path}, writable, ${roundBytes(await disk.freeBytes(path))} free`;
    const beside = await besideVolume(found, onVolume, path, layout.root);
    return onVolume ? [beside, await itsShare(context, signal)] : [beside];
  }
  // What is wrong with the volume itself, its own check says.
  if (path === layout.vault || (await isDirectory(dirname(path)))) {
    const found = `${path}; it is created with the first backup`;
    return [await besideVolume(found, onVolume, dirname(path), layout.root)];
  }
  const remedy = `Mount what belongs there, correct VIGIL_VAULT, or create it: \`vigil doctor --create\`, or mkdir -p ${path}`;
  return [bad('vault', `${path} does not exist, and neither does ${dirname(path)}`, remedy)];
}

/** A path tells nothing of disks: one directory beside another is the same disk unless something is mounted there. */
async function besideVolume(
  found: string,
  onVolume: boolean,
  path: string,
  volume: string,
): Promise<Finding> {
  if (onVolume)
    return warning(
      'vault',
      `${found}; on the volume itself: same disk, not a backup, lost together with it`,
      elsewhere,
    );
  const [there, here] = await Promise.all([path, volume].map((one) => stat(one).catch(() => null)));
  if (there && here && there.dev === here.dev)
    return warning(
      'vault',
      `${found}; on the disk that the volume is on: not a backup, lost together with it`,
      elsewhere,
    );
  return good('vault', found);
}
