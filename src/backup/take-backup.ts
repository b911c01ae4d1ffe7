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
import { backupsOf, isGood, subjectOf, takenIds } from './catalogue.ts';
import { sealedEnding } from './encryption.ts';
import type { BackupManifest, LoginOrigin } from './manifest.ts';
import { formatManifest, parseManifest } from './manifest-format.ts';
import { markBackup } from './marks.ts';
import { isSameLogin, shrinkage } from './shrinkage.ts';
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
  /** Why it is to count for less than all others from the beginning, a sentence. */
  readonly demoted?: string;
  readonly signal: AbortSignal;
  readonly progress?: OnProgress;
}

export interface TakenBackup {
  readonly manifest: BackupManifest;
  /**
   * Why it counts for less than the good ones before it, a sentence: its profile held suddenly much less. Null where it
   * does not. It is kept, since that may be as it should.
   */
  readonly demoted: string | null;
  /** What a person should know although the backup is kept, a sentence each. */
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
  const { vault, disk, floor, engine, clock, encryption } = tools;
  const seals = encryption?.sealsFor ?? null;
  const at = request.copiedAt ?? clock.now();
  progress({ step: 'verify', done: null, total: null });
  const { evidence, warnings, lost } = await requireSound(place, request, tools);
  const path = join(place, 'archive');
  const archive = await writeArchive(
    {
      session,
      directory,
      layout: engine.layout,
      path,
      encryption: seals ? encryption : null,
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
    // A manifest is read by whoever may read the vault.
    phone: seals ? null : request.phone,
    engine: { name: engine.name, layout: engine.layout.version, ...request.versions },
    copy: request.copy,
    evidence,
    encryption: seals && { keys: seals },
    archive: { name: `${archiveName(session, id)}${seals ? sealedEnding : ''}`, bytes, sha256 },
    files,
  };
  const written = await writeManifest(manifest, join(place, 'manifest'), tools);
  const compared = await comparedWithGood(manifest, tools, signal);
  const less = [...(lost === null ? [] : [lost]), ...compared.less];
  const demoted = request.demoted ?? (compared.good && less.length > 0 ? less.join(' ') : null);
  // The vault may lie on the same disk.
  const purpose = `The backup of session "${session}"`;
  await requireRoom({ disk, floor }, place, { bytes: bytes + written.bytes, purpose });
  await putAndReadBack(vault, manifest.archive.name, { path, bytes, sha256 }, signal, (step, done) =>
    progress({ step, done, total: bytes }),
  );
  // Before there is a backup: a crash must not leave one that would take the place of the good ones.
  if (demoted !== null) await markBackup(manifest, 'demoted', { why: demoted }, tools, signal);
  await putAndReadBack(vault, manifestName(session, id), written, signal);
  return { manifest, demoted, warnings: [...warnings, ...less, ...compared.doubts] };
}

async function requireSound(
  place: string,
  { session, directory, expected, works = false, signal }: BackupRequest,
  { disk, engine, verify }: BackupTools,
): Promise<
  Pick<Extract<ProfileVerdict, { soundness: 'sound' }>, 'evidence' | 'warnings'> & {
    /** What is gone of the evidence although the login works, a sentence. */
    readonly lost: string | null;
  }
> {
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
  if (!works || !expected || missing === null) return { evidence, warnings, lost: null };
  if (!expected.loginKeys.some((key) => evidence.loginKeys.includes(key))) throw refuse('no_login', missing);
  return { evidence, warnings, lost: missing };
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

interface Compared {
  /** There is a good one of this login before it. */
  readonly good: boolean;
  /** What there is suddenly less of than in that one, a sentence each. */
  readonly less: readonly string[];
  readonly doubts: readonly string[];
}

/**
 * With the newest one of this login that counts: what was demoted itself is no measure, or a profile that was emptied would
 * be one of the good ones the second time. Throws what the vault throws: what nobody could compare is not known to be good.
 */
async function comparedWithGood(
  manifest: BackupManifest,
  { vault }: BackupTools,
  signal: AbortSignal,
): Promise<Compared> {
  let doubts: readonly string[] | null = null;
  for await (const listed of backupsOf(vault, manifest.session, signal)) {
    if ('problem' in listed) continue;
    doubts ??= clockDoubt(listed.manifest, manifest);
    if (!isGood(listed) || !isSameLogin(listed.manifest, manifest)) continue;
    return { good: true, less: shrinkage(listed.manifest, manifest), doubts };
  }
  return { good: false, less: [], doubts: doubts ?? [] };
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
