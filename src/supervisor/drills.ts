/**
 * Drills of backups, one at a time on a volume, whoever asks for them. What comes of one is said in the vault, by a mark
 * beside the backup, and to whoever looks after backups. No session notices anything of it.
 */

import type { MarkKind } from '../backup/backup-names.ts';
import { backupsOf, listNames, type UsableBackup } from '../backup/catalogue.ts';
import type { BackupIncidents, BackupIncidentView } from '../backup/incidents.ts';
import { type MarkText, markBackup, readMark } from '../backup/marks.ts';
import { type DrillReport, type DrillTools, drillBackup } from '../drill/drill-backup.ts';
import { toVigilError, VigilError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { LoginEvidence } from '../profile/verdict.ts';
import type { SessionId } from '../session/id.ts';
import type { Progress } from '../session/ports.ts';
import { alarm, DeadlineExceeded } from '../system/deadline.ts';
import type { BackupChoice } from './backup-choice.ts';
import type { BackupView, DrillView, WhichBackup, Work } from './backup-operations.ts';
import { worked } from './work.ts';

export interface DrillsPorts {
  readonly tools: DrillTools;
  readonly choice: BackupChoice;
  readonly incidents: BackupIncidents & { of(session: SessionId): readonly BackupIncidentView[] };
  readonly log: Logger;
}

/** What says whether a session's backups are due for a drill. */
export interface DrillStanding {
  /** The newest good one. */
  readonly backup: string;
  readonly takenAt: number;
  /** It has passed one. */
  readonly isDrilled: boolean;
  /** When one of the session's backups passed last, by the clock on the wall; null where none is known to have. */
  readonly lastPassed: number | null;
}

/** Milliseconds. A vault that is far away and an archive of gigabytes are in it. */
const longest = 60 * 60_000;
/** Of so many marks it is looked when they were put: a person may have drilled an older one after the newest. */
const marksRead = 3;

export class Drills {
  readonly #ports: DrillsPorts;
  readonly #end = new AbortController();
  /** Never rejects. */
  #line: Promise<void> = Promise.resolve();

  constructor(ports: DrillsPorts) {
    this.#ports = ports;
  }

  /** As a person asks for it: throws where it says nothing about the backup. */
  drill(id: SessionId, which: WhichBackup, signal: AbortSignal): Work<DrillView> {
    return worked((tell) => this.run(id, which, { signal, progress: tell }));
  }

  async run(
    id: SessionId,
    which: WhichBackup,
    { signal, progress }: { readonly signal: AbortSignal; readonly progress?: (progress: Progress) => void },
  ): Promise<DrillView> {
    const stop = AbortSignal.any([signal, this.#end.signal]);
    const before = this.#line;
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    this.#line = before.then(() => over);
    try {
      await unlessAborted(before, stop);
      return await this.#bounded(id, which, stop, progress);
    } finally {
      end();
    }
  }

  /** Null where there is no good one to drill. */
  async standing(id: SessionId, signal: AbortSignal): Promise<DrillStanding | null> {
    const { vault } = this.#ports.tools;
    const good = await this.#newestGood(id, signal);
    if (good === null) return null;
    const drilled = (await listNames(vault, id, signal)).filter(({ marks }) => marks.includes('drilled'));
    let lastPassed: number | null = null;
    for (const one of drilled.slice(0, marksRead)) {
      const at = Date.parse((await readMark(one, 'drilled', vault, signal)).at ?? '');
      if (!Number.isNaN(at)) lastPassed = Math.max(at, lastPassed ?? at);
    }
    const { id: backup, marks, manifest } = good;
    const takenAt = Date.parse(manifest.createdAt);
    return { backup, takenAt, isDrilled: marks.includes('drilled'), lastPassed };
  }

  /** Calls off what is under way, and what would come; resolves when nothing of it is left. Never rejects. */
  async end(): Promise<void> {
    this.#end.abort(new VigilError('drill_incomplete', 'The drill was called off, since the daemon ends.'));
    await this.#line;
  }

  async #newestGood(id: SessionId, signal: AbortSignal): Promise<UsableBackup | null> {
    for await (const listed of backupsOf(this.#ports.tools.vault, id, signal))
      if (!('problem' in listed) && this.#ports.choice.isGood(listed)) return listed;
    return null;
  }

  async #bounded(
    id: SessionId,
    which: WhichBackup,
    stop: AbortSignal,
    progress?: (progress: Progress) => void,
  ): Promise<DrillView> {
    const patience = alarm(this.#ports.tools.clock, longest, 'The drill');
    const signal = AbortSignal.any([stop, patience.signal]);
    try {
      return await this.#drill(await this.#ports.choice.which(id, which, signal), signal, progress);
    } catch (error) {
      stop.throwIfAborted();
      if (!(error instanceof DeadlineExceeded)) throw error;
      const limit = `A drill of session "${id}" took longer than an hour and was called off.`;
      throw new VigilError('deadline_exceeded', limit, { subject: id, cause: error });
    } finally {
      patience.cancel();
    }
  }

  async #drill(
    chosen: UsableBackup,
    signal: AbortSignal,
    progress?: (progress: Progress) => void,
  ): Promise<DrillView> {
    const { tools, log } = this.#ports;
    const { session, id: backup, manifest } = chosen;
    log.info({ session, backup }, 'A backup is drilled');
    const report = await drillBackup(manifest, { signal, ...(progress && { progress }) }, tools);
    const { problem, took, unpacked, browser } = report;
    const kind = problem === null ? 'drilled' : 'demoted';
    const unmarked = await this.#mark(chosen, kind, markText(report), signal);
    if (problem === null) this.#passed(chosen, took);
    else this.#failed(chosen, problem);
    return {
      session,
      backup: await this.#view(chosen, unmarked === null ? kind : null, signal),
      passed: problem === null,
      problem,
      warnings: unmarked === null ? report.warnings : [...report.warnings, unmarked],
      took,
      unpacked,
      browser,
      found: report.found && countsOf(report.found),
    };
  }

  #passed({ session, id: backup, manifest }: UsableBackup, took: number): void {
    const { incidents, log } = this.#ports;
    log.info({ session, backup, took }, 'A backup has passed its drill');
    incidents.resolve('drill_overdue', session);
    // That an older one passes shows that there is a way back, and not that the newest ones are good again.
    const failed = incidents.of(session).find(({ cause }) => cause === 'drill_failed');
    if (failed && Date.parse(manifest.createdAt) >= Date.parse(failed.since))
      incidents.resolve('drill_failed', session);
  }

  #failed({ session, id: backup }: UsableBackup, problem: string): void {
    const { incidents, log } = this.#ports;
    log.error({ session, backup, problem }, 'A backup has failed its drill and is tried after all others');
    incidents.resolve('drill_overdue', session);
    incidents.raise('drill_failed', session, {
      problem: `${backup}: ${problem}`,
      remedy: `Take another one, and drill it: \`vigil backup ${session}\`, \`vigil drill ${session}\`. Where you know better: \`vigil backups ${session} --clear ${backup}\`.`,
    });
  }

  /** Why it could not be marked, a sentence; null where it was. What was found out is told all the same. */
  async #mark(
    chosen: UsableBackup,
    kind: MarkKind,
    text: MarkText,
    signal: AbortSignal,
  ): Promise<string | null> {
    const { tools, log } = this.#ports;
    const { session, id: backup } = chosen;
    try {
      await markBackup(chosen, kind, text, tools, signal);
      return null;
    } catch (thrown) {
      signal.throwIfAborted();
      const error = toVigilError(thrown);
      log.warn(
        { session, backup, kind, err: error },
        'What a drill came to could not be marked in the vault',
      );
      return `That could not be marked in the vault: ${error.message}`;
    }
  }

  /** A vault that goes away now takes nothing from what was found out. */
  async #view(chosen: UsableBackup, mark: MarkKind | null, signal: AbortSignal): Promise<BackupView> {
    const { choice } = this.#ports;
    const marks = mark === null || chosen.marks.includes(mark) ? chosen.marks : [...chosen.marks, mark];
    return choice
      .view({ ...chosen, marks }, signal)
      .catch(() => choice.view({ ...chosen, marks: [] }, signal));
  }
}

function markText({ problem, took, unpacked, browser, found }: DrillReport): MarkText {
  if (problem !== null) return { why: `A drill found it wanting: ${problem}`, details: { browser } };
  const counts = found === null ? {} : countsOf(found);
  return {
    why: 'A drill fetched it, opened it in a browser and found the login that its manifest names.',
    details: { took, unpacked, browser, ...counts },
  };
}

function countsOf({ loginKeys, databases }: LoginEvidence): NonNullable<DrillView['found']> {
  const stores = databases.flatMap((one) => one.stores);
  const records = stores.reduce((sum, store) => sum + (store.records ?? 0), 0);
  return { loginKeys: loginKeys.length, databases: databases.length, records };
}

function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    void work.then(resolve).finally(() => signal.removeEventListener('abort', abort));
  });
}
