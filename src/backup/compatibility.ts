/** Whether a profile from a backup may be opened here at all, whatever its files look like. */
import { type ErrorCode, VigilError } from '../errors.ts';
import { subjectOf } from './catalogue.ts';
import type { BackupManifest } from './manifest.ts';
import type { ProfileEngine } from './tools.ts';

/**
 * Throws `session_refused` for a backup of another engine, of a later list of essential directories or with an
 * archive that is encrypted, and `chromium_too_old` for one from a newer Chromium than ours: a browser writes formats into its profile that an older
 * one misreads, and then wipes. `browser` is the version of ours, null when nobody knows.
 */
export function requireReadable(
  manifest: BackupManifest,
  { engine, browser }: { readonly engine: ProfileEngine; readonly browser: string | null },
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
  if (manifest.archive.name.endsWith('.age'))
    refuse('session_refused', 'is encrypted, by a newer version of this program', 'Run that version.');
  const [theirs, ours] = [majorOf(manifest.engine.browser), majorOf(browser)];
  if (theirs === null || ours === null || theirs <= ours) return;
  refuse(
    'chromium_too_old',
    `was taken with Chromium ${theirs}, and the browser here is Chromium ${ours}, which may misread it`,
    `Install Chromium ${theirs} or newer, or choose an older backup.`,
  );
}

/** Of `156.0.8078.79`, or of a product name before it. */
export function majorOf(version: string | null): number | null {
  const major = /(?:^|[^\d.])(\d{1,5})(?=\.|$)/.exec(version ?? '')?.[1];
  return major === undefined ? null : Number(major);
}
