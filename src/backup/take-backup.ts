/**
 * One backup of one session, from a copy of its profile to its manifest in the vault. The order is the promise:
 * looked at before it is archived, read back before it gets a manifest. Killed at any step it leaves no manifest
 * without an archive that was read back; what lies in staging is swept, and an archive alone is no backup.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { VigilError } from '../errors.ts';
import type { LoginEvidence, ProfileVerdict } from '../profile/verdict.ts';
import { missingEvidence } from '../profile/verification/evidence.ts';
import type { SessionId } from '../session/id.ts';
import { requireRoom } from '../system/room.ts';
import { writeArchive } from './archive.ts';
import { archiveName, backupId, manifestName } from './backup-names.ts';
import { nextPlace } from './backup-order.ts';
import { backupsOf, subjectOf, takenIds } from './catalogue.ts';
import type { BackupManifest, LoginOrigin } from './manifest.ts';
import { formatManifest, parseManifest } from './manifest-format.ts';
import { shrinkage } from './shrinkage.ts';
import { closeStaging, openStaging } from './staging.ts';
import type { BackupTools, OnProgress } from './tools.ts';
import { putAndReadBack } from './vault-files.ts';

export interface BackupRequest {
  readonly session: SessionId;
  /** Of the ownership under which the copy was made. */
  readonly epoch: number;
  readonly login: LoginOrigin | null;
  readonly phone: string | null;
  readonly versions: {
    readonly library: string | null;
    readonly browser: string | null;
    readonly web: string | null;
  };
  readonly copy: BackupManifest['copy'];
  /** When the copy was made, in milliseconds since the epoch; now, where it is not given. */
  readonly copiedAt?: number;
  /** A copy of the profile, or the profile itself where no browser runs. Nobody writes to it meanwhile. */
  readonly directory: string;
  /** What was recorded when the login settled; a copy that holds less is no backup. */
  readonly expected: LoginEvidence | null;
  /** The login has just been seen to work: what is gone of the evidence is a warning, as long as some is left. */
  readonly works?: boolean;
  readonly signal: AbortSignal;
  readonly progress?: OnProgress;
}

export interface TakenBackup {
  readonly manifest: BackupManifest;
  /** What a person should know although the backup is good, a sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Throws `profile_damaged` with the verdict's sentence unless the copy is sound, `disk_full`, `snapshot_failed` when
 * the copy changes meanwhile, and what the vault throws. Nothing that can be restored was made then.
 */
export async function takeBackup(request: BackupRequest, tools: BackupTools): Promise<TakenBackup> {
  const place = await openStaging('backup', request.session, tools);
  try {
    return await takeIn(place, request, tools);
  } finally {
    await closeStaging(place, tools.disk);
  }
}

async function takeIn(place: string, request: BackupRequest, tools: BackupTools): Promise<TakenBackup> {
  const { session, directory, signal, progress = () => {} } = request;
  const { vault, disk, floor, engine, clock } = tools;
  const at = request.copiedAt ?? clock.now();
  progress({ step: 'verify', done: null, total: null });
  const { evidence, warnings } = await requireSound(place, request, tools);
  const path = join(place, 'archive');
  const archive = await writeArchive(
    {
      session,
      directory,
      layout: engine.layout,
      path,
      signal,
      progress: (done, total) => progress({ step: 'archive', done, total }),
    },
    { disk, floor },
  );
  const { bytes, sha256, files } = archive;
  const named = nextPlace(await takenIds(vault, session, signal), { at, epoch: request.epoch });
  const id = backupId({ ...named, sha256 });
  const manifest: BackupManifest = {
    version: 1,
    id,
    session,
    createdAt: new Date(at).toISOString(),
    epoch: named.epoch,
    login: request.login,
    phone: request.phone,
    engine: { name: engine.name, layout: engine.layout.version, ...request.versions },
    copy: request.copy,
    evidence,
    archive: { name: archiveName(session, id), bytes, sha256 },
    files,
  };
  const written = await writeManifest(manifest, join(place, 'manifest'), tools);
  const shrunk = await comparedWithPrevious(manifest, tools, signal);
  // The vault may lie on the same disk.
  const purpose = `The backup of session "${session}"`;
  await requireRoom({ disk, floor }, place, { bytes: bytes + written.bytes, purpose });
  await putAndReadBack(vault, manifest.archive.name, { path, bytes, sha256 }, signal, (step, done) =>
    progress({ step, done, total: bytes }),
  );
  await putAndReadBack(vault, manifestName(session, id), written, signal);
  return { manifest, warnings: [...warnings, ...shrunk] };
}

async function requireSound(
  place: string,
  { session, directory, expected, works = false, signal }: BackupRequest,
  { disk, engine, verify }: BackupTools,
): Promise<Pick<Extract<ProfileVerdict, { soundness: 'sound' }>, 'evidence' | 'warnings'>> {
  const scratch = join(place, 'scratch');
  await disk.mkdir(scratch, 'backup:scratch');
  const { layout } = engine;
  const asked = works && expected ? { ...expected, loginKeys: [] } : expected;
  const verdict = await verify(directory, { layout, depth: 'counted', expected: asked, scratch, signal });
  const refuse = (soundness: string, problem: string) =>
    new VigilError(
      'profile_damaged',
      `No backup of session "${session}" was taken, since its profile is ${soundness.replace('_', ' ')}: ${problem}`,
      { subject: session, details: { soundness } },
    );
  if (verdict.soundness !== 'sound') throw refuse(verdict.soundness, verdict.problem);
  const { evidence, warnings } = verdict;
  const missing = missingEvidence(expected, evidence);
  if (!works || !expected || missing === null) return { evidence, warnings };
  if (!expected.loginKeys.some((key) => evidence.loginKeys.includes(key))) throw refuse('no_login', missing);
  return { evidence, warnings: [...warnings, missing] };
}

/** To a file, as a vault wants it. One that this program could not read back would be a backup that nobody can use. */
async function writeManifest(manifest: BackupManifest, path: string, { disk }: BackupTools) {
  const text = formatManifest(manifest);
  const parsed = parseManifest(text);
  if ('problem' in parsed)
    throw new VigilError(
      'internal',
      `The manifest of backup ${manifest.id} could not be read back: ${parsed.problem}.`,
    );
  await disk.createFile(path, text, 'backup:manifest');
  return { path, bytes: Buffer.byteLength(text), sha256: createHash('sha256').update(text).digest('hex') };
}

/** A vault that cannot be asked says so by itself when something is put; that there is less is only a warning. */
async function comparedWithPrevious(
  manifest: BackupManifest,
  { vault }: BackupTools,
  signal: AbortSignal,
): Promise<readonly string[]> {
  try {
    for await (const previous of backupsOf(vault, manifest.session, signal)) {
      if ('manifest' in previous)
        return [...clockDoubt(previous.manifest, manifest), ...shrinkage(previous.manifest, manifest)];
    }
    return [];
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    return [`It could not be compared with the backup before it: ${why}`];
  }
}

/** A clock that is this much before the one of the last backup was wrong then, or is now. Milliseconds. */
const slack = 300_000;

/** The order does not rest on it; what people read of times does. */
function clockDoubt(before: BackupManifest, now: BackupManifest): readonly string[] {
  if (Date.parse(before.createdAt) <= Date.parse(now.createdAt) + slack) return [];
  return [
    `${subjectOf(now)} was taken at ${now.createdAt}, and the one before it, ${before.id}, at ${before.createdAt}: the clock was ahead then, or is behind now.`,
  ];
}
