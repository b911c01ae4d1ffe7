/**
 * Whether a profile holds a login that a browser can open: each directory that the engine needs is there and whole,
 * and the evidence of the login is in it. Nothing is changed; no browser may run on the profile, unless it stands
 * still.
 *
 * Verdicts in this order: absent, damaged, unverifiable, no_login, sound.
 */
import { stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { ProfileLayout } from '../../engine/profile-layout.ts';
import { VigilError } from '../../errors.ts';
import { faultOf, StoreFault } from '../../leveldb/store-fault.ts';
import { unlessAbsent } from '../../system/errno.ts';
import type { DatabaseEvidence, Depth, LoginEvidence, ProfileVerdict } from '../verdict.ts';
import { missingEvidence } from './evidence.ts';
import type { Found, Warning } from './found.ts';
import { readIndexedDb } from './indexed-db.ts';
import { checkSessionStorage, readLocalStorage } from './local-storage.ts';
import type { Look } from './look.ts';
import { type Directories, findDirectories, isDirectory } from './profile-directories.ts';

export interface VerificationOptions {
  readonly layout: ProfileLayout;
  readonly depth: Depth;
  /** What was recorded of the login; null where nothing was. */
  readonly expected: LoginEvidence | null;
  /** A directory of ours that is there, for copies that do not outlive the call. */
  readonly scratch: string;
  readonly signal: AbortSignal;
  /** Called at every step forward of a deep look: a table was read, a database was copied. */
  readonly progress?: () => void;
}

/**
 * Whatever lies on the disk is a verdict. Rejects with the signal's reason, and with `disk_full` and its like where
 * the scratch directory takes nothing.
 */
export async function verifyProfile(profile: string, options: VerificationOptions): Promise<ProfileVerdict> {
  options.signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(options.signal.reason);
  options.signal.addEventListener('abort', abort, { once: true });
  const looking = look(profile, options);
  // A disk that answers no more is left to itself; what comes of it later is nobody's concern.
  looking.catch(() => {});
  try {
    return await Promise.race([looking, aborted.promise]);
  } catch (error) {
    options.signal.throwIfAborted();
    if (error instanceof VigilError) throw error;
    return verdictOn(error, profile);
  } finally {
    options.signal.removeEventListener('abort', abort);
  }
}

async function look(profile: string, options: VerificationOptions): Promise<ProfileVerdict> {
  const { layout, expected } = options;
  const root = await unlessAbsent(stat(profile)).catch((error: unknown) => {
    throw faultOf(error, profile);
  });
  if (!root) return { soundness: 'absent', problem: `There is no profile at ${profile}.` };
  if (!root.isDirectory()) throw new StoreFault('damaged', profile, 'is no directory');

  const { present, missing, replaced } = await findDirectories(profile, layout);
  if (!present.some(({ required }) => required) && replaced.length === 0) {
    const names = missing.map(({ path }) => path).join(' nor ');
    return { soundness: 'absent', problem: `${profile} holds neither ${names}.` };
  }
  if (missing[0]) throw new StoreFault('damaged', join(profile, missing[0].path), 'is missing');

  const contents = await readContents(profile, { present, replaced }, options);
  const evidence: LoginEvidence = {
    loginKeys: loginKeysIn(contents.keys, layout, expected),
    databases: contents.databases ?? [],
  };
  if (!contents.databases && (evidence.loginKeys.length > 0 || (expected?.databases.length ?? 0) > 0))
    return {
      soundness: 'damaged',
      problem: `IndexedDB in ${profile} holds nothing of ${layout.origin}, and a login had left its databases there.`,
    };
  const problem = missingEvidence(expected, evidence);
  if (problem !== null) return { soundness: 'no_login', problem, evidence };
  return {
    soundness: 'sound',
    evidence,
    warnings: contents.warnings.map(({ path, finding }) => sentence(profile, path, finding)),
  };
}

/** A key that was recorded counts even when the engine asks for other ones by now. */
function loginKeysIn(
  keys: ReadonlySet<string>,
  layout: ProfileLayout,
  expected: LoginEvidence | null,
): readonly string[] {
  const asked = new Set([...layout.loginKeys, ...(expected?.loginKeys ?? [])]);
  return [...asked].filter((key) => keys.has(key)).toSorted();
}

interface Contents {
  readonly keys: ReadonlySet<string>;
  /** Null where the origin has no IndexedDB. */
  readonly databases: readonly DatabaseEvidence[] | null;
  readonly warnings: readonly Warning[];
}

/** Reads on behind the first fault: what is damaged decides before what cannot be read. */
async function readContents(
  profile: string,
  { present, replaced }: Pick<Directories, 'present' | 'replaced'>,
  options: VerificationOptions,
): Promise<Contents> {
  const keys = new Set<string>();
  const warnings: Warning[] = [];
  let databases: readonly DatabaseEvidence[] | null = null;
  const faults: unknown[] = replaced.map(
    (path) => new StoreFault('unknown', path, 'keeps storage in a form that this version does not know'),
  );
  const keep = <T>({ found, warnings: more }: Found<T>): T => {
    warnings.push(...more);
    return found;
  };
  const { layout, depth, scratch, signal, progress = () => {} } = options;
  const { origin } = layout;
  const how: Look = { depth, signal, progress };
  for (const { path, kind, required } of present) {
    try {
      if (kind === 'indexed-db') {
        const found = await readIndexedDb({ ...how, profile, path, origin, scratch });
        if (found) databases = [...(databases ?? []), ...keep(found)];
      } else if (kind === 'local-storage') {
        const store = `${path}/leveldb`;
        if (!(await isDirectory(profile, store)))
          throw new StoreFault('damaged', join(profile, store), 'is missing');
        for (const key of keep(await readLocalStorage(join(profile, store), origin, how))) keys.add(key);
      } else keep(await checkSessionStorage(join(profile, path), how));
    } catch (error) {
      signal.throwIfAborted();
      // The browser makes it anew where it has to.
      if (!required && error instanceof StoreFault)
        warnings.push({ path: error.path, finding: `${error.finding}; no login needs it` });
      else faults.push(error);
    }
  }
  if (faults.length > 0) throw worst(faults);
  return { keys, databases, warnings };
}

function worst(faults: readonly unknown[]): unknown {
  return faults.find((fault) => fault instanceof StoreFault && fault.kind === 'damaged') ?? faults[0];
}

function verdictOn(error: unknown, profile: string): ProfileVerdict {
  if (!(error instanceof StoreFault))
    return { soundness: 'unverifiable', problem: `${profile} could not be looked at: ${String(error)}.` };
  const problem = sentence(profile, error.path, error.finding);
  return { soundness: error.kind === 'damaged' ? 'damaged' : 'unverifiable', problem };
}

/** Names the profile and what in it. */
function sentence(profile: string, path: string, finding: string): string {
  // A name may be anything, and this is shown in a terminal.
  const inside = relative(profile, path).replace(/\p{C}/gu, '?');
  return inside === '' ? `${profile} ${finding}.` : `${inside} in ${profile} ${finding}.`;
}
