/**
 * A profile of another program on its way to becoming a backup of ours, as an archive of another tool does
 * (restore/take-up.ts): copied, looked at deeply, archived with a manifest. From then on it is restored as any other, with its
 * journal and all that a crash needs. The source is only read.
 */
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { isWithin } from '../backup/profile-path.ts';
import { closeStaging, openStaging } from '../backup/staging.ts';
import { type TakenBackup, takeBackup } from '../backup/take-backup.ts';
import type { OnProgress } from '../backup/tools.ts';
import { VigilError } from '../errors.ts';
import { twinOf } from '../profile/twin.ts';
import type { ProfileVerdict } from '../profile/verdict.ts';
import { lastVersion, newerBrowser } from '../profile/verification/last-version.ts';
import type { RestoreTools } from '../restore/tools.ts';
import type { SessionId } from '../session/id.ts';
import type { ImportSource } from './import-source.ts';
import { requireQuiet } from './quiet-source.ts';
import { type SourceSize, stageSource } from './stage-source.ts';
import { oneLine, unusable } from './unusable.ts';

export interface ImportOptions {
  readonly session: SessionId;
  /** A person says that a browser which cannot be seen from here has ended. */
  readonly stopped: boolean;
  readonly signal: AbortSignal;
  readonly progress?: OnProgress;
}

export interface LookedAt extends SourceSize {
  /** Which Chromium wrote it last; null where that is not said. */
  readonly browser: string | null;
  /** What was tolerated in it, a sentence each. */
  readonly warnings: readonly string[];
}

type Sound = Extract<ProfileVerdict, { soundness: 'sound' }>;

/** What an import would find; leaves nothing. Throws what `takeImport` throws. */
export function rehearseImport(
  source: ImportSource,
  options: ImportOptions,
  tools: RestoreTools,
): Promise<LookedAt> {
  return within(source, options, tools, async (found) => found);
}

/**
 * The backup that it has become. Throws `import_unusable` where it holds no sound login, `profile_in_use` where a browser runs
 * on it or it changed meanwhile, `session_refused` where another session on the volume has the same login,
 * `chromium_too_old`, `disk_full`, and what the vault throws.
 */
export function takeImport(
  source: ImportSource,
  { epoch, ...options }: ImportOptions & { readonly epoch: number },
  tools: RestoreTools,
): Promise<LookedAt & Pick<TakenBackup, 'manifest'>> {
  return within(source, options, tools, async (found, directory, verdict) => {
    const { manifest, warnings } = await takeBackup(
      {
        session: options.session,
        epoch,
        login: null,
        phone: null,
        versions: { library: null, browser: found.browser, web: null },
        // What is in a zip was copied by somebody else.
        copy: { method: source.form === 'directory' ? 'closed' : 'unknown', pause: null },
        directory,
        expected: null,
        signal: options.signal,
        ...(options.progress && { progress: options.progress }),
      },
      // It was looked at a moment ago, and is ours alone.
      { ...tools, verify: async () => verdict },
    );
    return { ...found, manifest, warnings };
  });
}

async function within<T>(
  source: ImportSource,
  { session, stopped, signal, progress = () => {} }: ImportOptions,
  tools: RestoreTools,
  work: (found: LookedAt, profile: string, verdict: Sound) => Promise<T>,
): Promise<T> {
  const { disk, floor, engine, layout, processes } = tools;
  // Called as the source is: by its real path.
  const ours = await realpath(layout.sessions).catch(() => layout.sessions);
  if (isWithin(ours, source.path))
    throw unusable(
      source.path,
      'is a profile of this volume already',
      'Start its session: `vigil start <session>`.',
    );
  const quiet = async () => {
    if (source.form === 'directory') await requireQuiet(source.path, { layout, processes, stopped });
  };
  progress({ step: 'look', done: null, total: null });
  await quiet();
  const browser = await requireBrowserFor(source, tools, signal);
  const place = await openStaging('import', session, tools);
  try {
    const profile = join(place, 'profile');
    await disk.mkdir(profile, 'import:profile');
    const size = await stageSource(source, {
      into: profile,
      layout: engine.layout,
      disk,
      floor,
      signal,
      progress,
    });
    // Whoever has opened it meanwhile may not have written yet.
    await quiet();
    const scratch = join(place, 'scratch');
    await disk.mkdir(scratch, 'import:scratch');
    const verifying = () => progress({ step: 'verify', done: null, total: null });
    verifying();
    const verdict = await tools.verify(profile, {
      layout: engine.layout,
      depth: 'counted',
      expected: null,
      scratch,
      signal,
      progress: verifying,
    });
    if (verdict.soundness !== 'sound') throw notSound(source, verdict, profile);
    await requireNoTwin(source, profile, session, tools, signal);
    return await work({ ...size, browser, warnings: verdict.warnings }, profile, verdict);
  } finally {
    await closeStaging(place, disk);
  }
}

function notSound(
  { path, form }: ImportSource,
  { soundness, problem }: Exclude<ProfileVerdict, { soundness: 'sound' }>,
  profile: string,
): VigilError {
  const what = {
    absent: 'holds no login',
    no_login: 'holds no login',
    damaged: 'is damaged',
    unverifiable: 'cannot be judged',
  }[soundness];
  // The copy is gone by the time that a person reads of it.
  const why = problem
    .replaceAll(profile, form === 'directory' ? path : 'the profile in it')
    .replace(/\.$/, '');
  return unusable(path, `${what}: ${why}`);
}

/** An older browser drops what it does not understand, the login with it. What a zip was written by is not in it. */
async function requireBrowserFor(
  { form, path }: ImportSource,
  { browserVersion }: RestoreTools,
  signal: AbortSignal,
): Promise<string | null> {
  if (form !== 'directory') return null;
  const ours = await browserVersion(signal);
  const newer = ours === null ? null : await newerBrowser(path, ours, signal);
  if (newer === null) return lastVersion(path, signal);
  throw new VigilError(
    'chromium_too_old',
    `${oneLine(path)} was written by Chromium ${newer}; this one is ${ours} and might destroy it.`,
    { subject: path, remedy: `Install Chromium ${Number.parseInt(newer, 10)} or newer.` },
  );
}

/** Two browsers must not run as one device. */
async function requireNoTwin(
  { path }: ImportSource,
  profile: string,
  session: SessionId,
  { layout, engine }: RestoreTools,
  signal: AbortSignal,
): Promise<void> {
  const twin = await twinOf(profile, session, { layout, profileLayout: engine.layout }, signal);
  if (twin === null) return;
  throw new VigilError(
    'session_refused',
    `${oneLine(path)} holds the same device as session "${twin}" on this volume; two browsers must not run as one device.`,
    {
      subject: session,
      remedy: `It is here already. To put this copy in its place: \`vigil import <path> --session ${twin}\`.`,
    },
  );
}
