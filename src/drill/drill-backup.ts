/**
 * Proves that a backup opens: fetches it, unpacks it to scratch, looks at everything in it, and lets a real browser with no
 * network say what it finds of the login. No profile in place is touched, and nobody waits: its session may be online.
 */

import { subjectOf } from '../backup/catalogue.ts';
import type { BackupManifest } from '../backup/manifest.ts';
import { openBackup } from '../backup/open-backup.ts';
import { closeStaging, openStaging } from '../backup/staging.ts';
import type { BackupTools, Progress } from '../backup/tools.ts';
import { VigilError } from '../errors.ts';
import type { LoginEvidence } from '../profile/verdict.ts';
import type { OfflineBrowser } from './offline-browser.ts';
import { compare } from './shortfall.ts';

export interface DrillTools extends BackupTools {
  readonly browser: OfflineBrowser;
}

export interface DrillProgress {
  readonly step: Progress['step'] | 'open';
  readonly done: number | null;
  readonly total: number | null;
}

export interface DrillOptions {
  readonly signal: AbortSignal;
  readonly progress?: (progress: DrillProgress) => void;
}

export interface DrillReport {
  /** What is wrong with the backup, a sentence; null where it holds what it claims. */
  readonly problem: string | null;
  /** What was tolerated, a sentence each. */
  readonly warnings: readonly string[];
  /** Milliseconds. */
  readonly took: number;
  /** Bytes of its files. */
  readonly unpacked: number;
  /** Version of the browser. */
  readonly browser: string;
  /** What the browser found; null where it came to none. */
  readonly found: LoginEvidence | null;
}

type Verdict = Pick<DrillReport, 'problem' | 'warnings' | 'found'>;

/**
 * Whatever is wrong with the backup is a report. Throws what says nothing about it: `drill_incomplete`, `backup_not_found`,
 * `backup_key_missing`, `chromium_not_found`, `chromium_too_old`, `session_refused`, `profile_unverifiable`, `disk_full`, and
 * what the vault throws.
 */
export async function drillBackup(
  manifest: BackupManifest,
  options: DrillOptions,
  tools: DrillTools,
): Promise<DrillReport> {
  const { clock, browser } = tools;
  const began = clock.monotonic();
  const version = await browser.version(options.signal);
  let verdict = await attempt(manifest, version, options, tools);
  // A browser fails for reasons of its own as well; the second one begins with files that nobody has opened yet.
  if (verdict.problem !== null && verdict.found !== null)
    verdict = await attempt(manifest, version, options, tools);
  const unpacked = manifest.files.reduce((sum, { bytes }) => sum + bytes, 0);
  return { ...verdict, took: Math.round(clock.monotonic() - began), unpacked, browser: version };
}

async function attempt(
  manifest: BackupManifest,
  version: string,
  { signal, progress = () => {} }: DrillOptions,
  tools: DrillTools,
): Promise<Verdict> {
  const { disk, engine, browser } = tools;
  const { layout } = engine;
  const bad = (problem: string): Verdict => ({ problem, warnings: [], found: null });
  const place = await openStaging('drill', manifest.session, tools);
  try {
    const { profile, verdict } = await openBackup(
      manifest,
      { place, browser: version, signal, progress },
      tools,
    );
    if (verdict.soundness === 'unverifiable')
      throw new VigilError('profile_unverifiable', `${subjectOf(manifest)}: ${verdict.problem}`);
    if (verdict.soundness !== 'sound') return bad(verdict.problem);
    progress({ step: 'open', done: null, total: null });
    const loginKeys = [...new Set([...layout.loginKeys, ...manifest.evidence.loginKeys])];
    const found = await browser.look({ profile, origin: layout.origin, loginKeys }, signal);
    const { problem, warnings } = compare(manifest.evidence, found);
    const { loginKeys: keys, databases } = found;
    return { problem, warnings: [...verdict.warnings, ...warnings], found: { loginKeys: keys, databases } };
  } catch (error) {
    if (error instanceof VigilError && error.code === 'backup_damaged') return bad(error.message);
    throw error;
  } finally {
    await closeStaging(place, disk);
  }
}
