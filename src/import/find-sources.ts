/**
 * Profiles below a path that a person has named: a profile itself, a zip, the directory in which a program keeps several.
 * They are known by what is in them; their names only say whose they are. Reads only, and not without end.
 */
import { lstat, readdir, realpath } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { errnoOf, unlessAbsent } from '../system/errno.ts';
import { type ImportSource, isZipName, sessionOfName, withoutEnding } from './import-source.ts';
import { unreadable, unusable } from './unusable.ts';

export interface PassedOver {
  readonly path: string;
  /** The rest of a sentence that begins with the path. */
  readonly why: string;
}

export interface FoundSources {
  /** At least one. */
  readonly sources: readonly ImportSource[];
  /** What looks like a session of somebody's, and is nothing that can be imported. */
  readonly passedOver: readonly PassedOver[];
}

/** `.sessions/webjs/<name>/session-<name>` of WAHA is the deepest that is known, below the one that is named. */
const deepest = 4;
/** Of what is looked at: whoever names the root of a disk is told so soon. */
const mostEntries = 50_000;
/** A program's own; what a RemoteAuth that was killed had begun to pack; and what a volume of ours keeps beside profiles. */
const notEntered = /^(?:node_modules|\.git|vigil|wwebjs_temp_session_.*)$/;

/**
 * Engines without a browser, by the file that each keeps its keys in: Baileys (which NOWEB of WAHA, OpenWA and Evolution can
 * use), and GOWS of WAHA.
 */
const otherEngines: readonly (readonly [file: string, engine: string])[] = [
  ['creds.json', 'Baileys (NOWEB of WAHA, for one)'],
  ['gows.db', 'GOWS (of WAHA)'],
];

const linkAnew = 'Link the session anew: `vigil pair <session>`.';

/** Throws `import_unusable` where there is nothing that can be imported. */
export async function findSources(path: string, signal: AbortSignal): Promise<FoundSources> {
  const root = await realpath(path).catch((error: unknown) => {
    throw unreadable(error, path);
  });
  const search = new Search(signal);
  if (!(await lstat(root)).isDirectory()) return { sources: [zipSource(root)], passedOver: [] };
  await search.enter(root, 0);
  const { sources, passedOver } = search;
  if (sources.length > 0) return { sources, passedOver };
  const [other] = passedOver;
  if (other) throw unusable(other.path, other.why, linkAnew);
  throw unusable(
    path,
    'holds no profile of a browser',
    'Name the directory of a session, the one that holds several, or the zip that RemoteAuth made (docs/moving-over.md).',
  );
}

function zipSource(path: string): ImportSource {
  if (!isZipName(path)) throw unusable(path, 'is neither a directory nor a zip');
  return { form: 'zip', path, session: sessionOfName(withoutEnding(basename(path))) ?? null };
}

class Search {
  readonly sources: ImportSource[] = [];
  readonly passedOver: PassedOver[] = [];
  readonly #signal: AbortSignal;
  #seen = 0;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  async enter(path: string, depth: number): Promise<void> {
    this.#signal.throwIfAborted();
    const session = sessionOfName(basename(path));
    if (await isProfile(path)) {
      this.sources.push({ form: 'directory', path, session: session ?? null });
      return;
    }
    const entries = await readdir(path, { withFileTypes: true }).catch((error: unknown) => {
      throw unreadable(error, path);
    });
    this.#seen += entries.length;
    if (this.#seen > mostEntries)
      throw unusable(path, 'is part of far more than sessions', 'Name the directory of the sessions itself.');
    const before = this.sources.length;
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const child = join(path, entry.name);
      if (entry.isDirectory() && depth < deepest && !notEntered.test(entry.name))
        await this.#enterBelow(child, depth + 1);
      else if (
        entry.isFile() &&
        isZipName(entry.name) &&
        sessionOfName(withoutEnding(entry.name)) !== undefined
      )
        this.sources.push(zipSource(child));
      else if (entry.isSymbolicLink() && sessionOfName(entry.name) !== undefined)
        this.passedOver.push({
          path: child,
          why: 'is a symbolic link, which is followed where it is named itself',
        });
    }
    if (this.sources.length > before) return;
    const engine = otherEngines.find(([file]) => entries.some(({ name }) => name === file))?.[1];
    if (engine !== undefined)
      this.passedOver.push({ path, why: `holds the keys of ${engine} and no browser's profile` });
    else if (session !== undefined && depth > 0)
      this.passedOver.push({
        path,
        why: 'is named as a profile is, and holds none: no login was made in it',
      });
  }

  /** What may not be read below the one that was named keeps nobody from the rest. */
  async #enterBelow(path: string, depth: number): Promise<void> {
    try {
      await this.enter(path, depth);
    } catch (error) {
      const code = errnoOf(error);
      if (code !== 'EACCES' && code !== 'EPERM') throw error;
      this.passedOver.push({ path, why: 'may not be read by this user' });
    }
  }
}

/** What every engine with a browser leaves, however little came of it. */
async function isProfile(path: string): Promise<boolean> {
  for (const part of ['IndexedDB', 'Local Storage']) {
    const found = await unlessAbsent(lstat(join(path, 'Default', part))).catch((error: unknown) => {
      throw unreadable(error, path);
    });
    if (found?.isDirectory()) return true;
  }
  return false;
}
