/** Profiles of other programs, as people ask for them: found, looked at, taken up to be put in a session's place. */
import { toVigilError, VigilError } from '../errors.ts';
import { findSources } from '../import/find-sources.ts';
import type { ImportSource } from '../import/import-source.ts';
import { sizeOf } from '../import/stage-source.ts';
import { type LookedAt, rehearseImport, takeImport } from '../import/take-import.ts';
import { oneLine, unusable } from '../import/unusable.ts';
import type { RestoreTools } from '../restore/tools.ts';
import type { SessionId } from '../session/id.ts';
import type { Progress } from '../session/ports.ts';
import type { SessionRecord } from '../session/record.ts';
import { isDirectory } from '../system/directories.ts';
import { profilePath } from '../volume/layout.ts';
import type { ImportView } from './backup-operations.ts';
import type {
  ImportPlanRequest,
  ImportPlanView,
  ImportRequest,
  ImportSourceView,
} from './import-operations.ts';

export interface ImportWork {
  readonly signal: AbortSignal;
  readonly progress: (progress: Progress) => void;
}

type Standing = ImportSourceView['standing'];

export class ImportedProfiles {
  readonly #tools: RestoreTools;
  /** Null of a session that the volume does not know; throws of one that is held. */
  readonly #record: (id: SessionId) => SessionRecord | null;

  constructor(tools: RestoreTools, record: (id: SessionId) => SessionRecord | null) {
    this.#tools = tools;
    this.#record = record;
  }

  /** Throws `import_unusable` where there is nothing to import, or not what was asked for. */
  async plan({ path, session }: ImportPlanRequest, signal: AbortSignal): Promise<ImportPlanView> {
    const found = await findSources(path, signal);
    const chosen = choose(found.sources, path, session);
    const sources = await Promise.all(chosen.map((source) => this.#view(source, chosen, signal)));
    return { sources, passedOver: session === null ? found.passedOver : [] };
  }

  /** What of it an import would put in place. Changes nothing. */
  async rehearse(id: SessionId, request: ImportRequest, work: ImportWork): Promise<ImportView> {
    const { source, standing } = await this.#asked(id, request, work.signal);
    const options = { session: id, stopped: request.stopped, ...work };
    return view(id, request, standing, await rehearseImport(source, options, this.#tools));
  }

  /** The id of the backup that it has become, and what is said of it once that is in place. */
  async take(
    id: SessionId,
    request: ImportRequest,
    work: ImportWork,
  ): Promise<{ readonly backup: string; readonly view: ImportView }> {
    const { source, standing } = await this.#asked(id, request, work.signal);
    if (standing === 'login' && !request.replace) throw mayNotReplace(id);
    const epoch = this.#record(id)?.epoch ?? 0;
    const options = { session: id, stopped: request.stopped, epoch, ...work };
    const taken = await takeImport(source, options, this.#tools);
    return { backup: taken.manifest.id, view: view(id, request, standing, taken) };
  }

  async #asked(id: SessionId, { source: path }: ImportRequest, signal: AbortSignal) {
    // A session that is held refuses before anything is copied.
    const standing = await this.#standing(id, signal);
    const [source, ...more] = (await findSources(path, signal)).sources;
    if (!source || more.length > 0) throw unusable(path, 'holds more than one profile', nameOne);
    return { source, standing };
  }

  async #view(
    source: ImportSource,
    all: readonly ImportSource[],
    signal: AbortSignal,
  ): Promise<ImportSourceView> {
    const { path, form, session } = source;
    const found = { source: path, form, session, standing: 'nothing' as const, files: 0, bytes: 0 };
    const problem = whyNot(source, all);
    if (session === null || problem !== null) return { ...found, problem, remedy: nameOne };
    try {
      const standing = await this.#standing(session, signal);
      const size = await sizeOf(source, this.#tools.engine.layout, signal);
      return { ...found, ...size, standing, problem, remedy: null };
    } catch (thrown) {
      signal.throwIfAborted();
      const { message, remedy } = toVigilError(thrown);
      return { ...found, problem: message, remedy };
    }
  }

  /** A login that nobody knows to be dead is one, whether or not a record says so. */
  async #standing(id: SessionId, signal: AbortSignal): Promise<Standing> {
    const { layout, engine, verify, disk } = this.#tools;
    const record = this.#record(id);
    if (record?.login === 'settled' || record?.login === 'unsettled') return 'login';
    const profile = profilePath(layout, id);
    if (!(await isDirectory(profile))) return 'nothing';
    if (record?.forfeited) return 'remains';
    await disk.mkdir(layout.staging, 'import:standing');
    const { soundness } = await verify(profile, {
      layout: engine.layout,
      depth: 'structural',
      expected: null,
      scratch: layout.staging,
      signal,
    });
    return soundness === 'sound' || soundness === 'unverifiable' ? 'login' : 'remains';
  }
}

/** Those that are meant. One alone may be given any name. */
function choose(
  sources: readonly ImportSource[],
  path: string,
  session: SessionId | null,
): readonly ImportSource[] {
  if (session === null) return sources;
  if (sources.length === 1) return sources.map((source) => ({ ...source, session }));
  const named = sources.filter((source) => source.session === session);
  if (named.length > 0) return named;
  const there = sources.map((source) => source.session ?? oneLine(source.path)).join(', ');
  throw unusable(path, `holds no profile of session "${session}", but ${there}`, nameOne);
}

/** Of what a plan cannot tell. */
const nameOne = 'Name one by its own path, with --session where its name does not say whose it is.';

function whyNot({ path, session }: ImportSource, all: readonly ImportSource[]): string | null {
  if (session === null) return `Nothing says whose ${oneLine(path)} is.`;
  const other = all.find((one) => one.session === session && one.path !== path);
  return other ? `${oneLine(path)} is called as ${oneLine(other.path)} is.` : null;
}

function view(
  session: SessionId,
  { source, dryRun }: ImportRequest,
  standing: Standing,
  { files, bytes, browser, warnings }: LookedAt,
): ImportView {
  return {
    session,
    source,
    files,
    bytes,
    browser,
    standing,
    dryRun,
    backup: null,
    quarantined: null,
    warnings,
  };
}

function mayNotReplace(id: SessionId): VigilError {
  return new VigilError(
    'session_refused',
    `Session "${id}" has a login, and an import would take its place.`,
    {
      subject: id,
      remedy:
        'Import it under another id with --session, or agree to the replacement: what is there goes to quarantine.',
    },
  );
}
