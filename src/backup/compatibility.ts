/** Whether a profile from a backup may be opened here at all, whatever its files look like. */
import { type ErrorCode, VigilError } from '../errors.ts';
import { subjectOf } from './catalogue.ts';
import { type BackupEncryption, keysHere, mayOpen } from './encryption.ts';
import type { BackupManifest } from './manifest.ts';
import type { ProfileEngine } from './tools.ts';

/**
 * Throws `session_refused` for a backup of another engine or of a later list of essential directories,
 * `backup_key_missing` where it is encrypted for none of the keys here, and `chromium_too_old` for one from a newer Chromium than ours: a browser writes formats into its profile that an older
 * one misreads, and then wipes. `browser` is the version of ours, null when nobody knows.
 */
export function requireReadable(
  manifest: BackupManifest,
  {
    engine,
    browser,
    encryption,
  }: {
    readonly engine: ProfileEngine;
    readonly browser: string | null;
    readonly encryption: BackupEncryption | null;
  },
): void {
  const refuse = (code: ErrorCode, why: string, remedy: string) => {
    throw new VigilError(code, `${subjectOf(manifest)} ${why}.`, { subject: manifest.id, remedy });
  };
  const { name, layout } = manifest.engine;
  if (name !== engine.name)
    refuse(
      'session_refused',
      `is of the engine ${name}, and this is ${engine.name}`,
      'Choose a backup of this engine.',
    );
  if (layout > engine.layout.version)
    refuse(
      'session_refused',
      'was taken by a newer version of this program',
      'Run that version or a newer one.',
    );
  const keys = manifest.encryption?.keys ?? null;
  if (keys !== null && !mayOpen(keys, encryption)) throw keyMissing(manifest, encryption);
  const [theirs, ours] = [majorOf(manifest.engine.browser), majorOf(browser)];
  if (theirs === null || ours === null || theirs <= ours) return;
  refuse(
    'chromium_too_old',
    `was taken with Chromium ${theirs}, and the browser here is Chromium ${ours}, which may misread it`,
    `Install Chromium ${theirs} or newer, or choose an older backup.`,
  );
}

/** Nothing here opens it. */
export function keyMissing(
  manifest: Pick<BackupManifest, 'session' | 'id' | 'encryption'>,
  encryption: Pick<BackupEncryption, 'opens'> | null,
): VigilError {
  const keys = (manifest.encryption?.keys ?? []).join(', ');
  return new VigilError(
    'backup_key_missing',
    `${subjectOf(manifest)} is encrypted for ${keys}, and ${keysHere(encryption?.opens ?? [])}.`,
    {
      subject: manifest.id,
      remedy:
        'Set VIGIL_BACKUP_IDENTITY, VIGIL_BACKUP_PASSPHRASE or VIGIL_BACKUP_OLD_PASSPHRASE to the key that it was made with. Nothing was changed.',
    },
  );
}

/** Of `156.0.8078.79`, or of a product name before it. */
export function majorOf(version: string | null): number | null {
  const major = /(?:^|[^\d.])(\d{1,5})(?=\.|$)/.exec(version ?? '')?.[1];
  return major === undefined ? null : Number(major);
}
