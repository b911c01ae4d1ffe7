/**
 * Backups of a volume's sessions, as people ask for them. Whatever touches a profile goes through its session, which
 * does one thing at a time; the vault is read beside it.
 */
import { join } from 'node:path';
import { mapAtOnce } from '../backup/at-once.ts';
import { isBackupId } from '../backup/backup-names.ts';
import { backupsOf, findListed, type ListedBackup, listBackups } from '../backup/catalogue.ts';
import type { BackupIncidents } from '../backup/incidents.ts';
import { clearMark } from '../backup/marks.ts';
import { closeStaging, openStaging } from '../backup/staging.ts';
import { verifyBackup } from '../backup/verify-backup.ts';
import { toVigilError, VigilError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { ProfileVerdict } from '../profile/verdict.ts';
import { stageBackup } from '../restore/stage.ts';
import type { RestoreTools } from '../restore/tools.ts';
import type { SessionId } from '../session/id.ts';
import type { Progress } from '../session/ports.ts';
import type { Session } from '../session/session.ts';
import { profilePath } from '../volume/layout.ts';
import { BackupChoice } from './backup-choice.ts';
import type {
  BackupOperations,
  BackupView,
  CheckView,
  DrillView,
  ImportView,
  PurgeView,
  RestoreView,
  VerificationView,
  WhichBackup,
  Work,
} from './backup-operations.ts';
import type { Drills } from './drills.ts';
import type { ImportPlanRequest, ImportPlanView, ImportRequest } from './import-operations.ts';
import { ImportedProfiles } from './imported-profiles.ts';
import type { RecoveryRequest, RecoveryView } from './recovery-operations.ts';
import { recoverSessions, type SupervisedRecoveryPorts } from './supervised-recovery.ts';
import { UnmanagedBackups } from './unmanaged-backups.ts';
import { withheldRefusal } from './withheld-session.ts';
import { telling, worked } from './work.ts';

/** The sessions, as far as backups need them. */
export interface Sessions {
  /** Throws `session_not_found`, and what a held session throws. */
  sessionOf(id: SessionId): Session;
  has(id: SessionId): boolean;
  /** Backups that WhatsApp did not take; none of a session that is not known. */
  rejectedOf(id: SessionId): readonly string[];
  /** One that is wanted; the volume may have forgotten it. */
  create(id: SessionId, wanted: 'stopped'): Promise<Session>;
  /** Stopped, with no browser left, and forgotten before the work begins; not to be started until it is over. */
  erase<T>(id: SessionId, work: () => Promise<T>): Promise<T>;
}

export interface SupervisedBackupsPorts {
  readonly recovery: SupervisedRecoveryPorts;
  readonly sessions: Sessions;
  readonly tools: RestoreTools;
  readonly incidents: Pick<BackupIncidents, 'resolve'>;
  readonly drills: Pick<Drills, 'drill'>;
  readonly log: Logger;
  /** A daemon; a command leaves what is wanted to the next one, and no session runs beside its next piece of work. */
  readonly serving?: boolean;
  /** Why nothing of the vault is to be put in a profile's place; null when it may be. */
  readonly restoreRefusal?: () => VigilError | null;
  /** Erases what the volume and the vault hold of a session that is not known any more; what it was. */
  readonly erase: (id: SessionId, signal: AbortSignal) => Promise<readonly string[]>;
}

/** A vault may be far away, and says of each mark by itself what it says. */
const readAtOnce = 8;
const never = new AbortController().signal;

export class SupervisedBackups implements BackupOperations {
  readonly #ports: SupervisedBackupsPorts;
  readonly #unmanaged: UnmanagedBackups;
  readonly #imported: ImportedProfiles;
  readonly #choice: BackupChoice;

  constructor(ports: SupervisedBackupsPorts) {
    this.#ports = ports;
    this.#unmanaged = new UnmanagedBackups(ports.tools);
    const { sessions, tools } = ports;
    this.#choice = new BackupChoice({ ...tools, rejectedOf: (id) => sessions.rejectedOf(id) });
    this.#imported = new ImportedProfiles(tools, (id) =>
      sessions.has(id) ? sessions.sessionOf(id).record : null,
    );
  }

  /** Those that other tools made after all that are ours. */
  async backups(id: SessionId | null): Promise<readonly BackupView[]> {
    const listed = await listBackups(this.#ports.tools.vault, id, never);
    const unmanaged = await this.#unmanaged.views(id, never);
    if (id !== null && listed.length + unmanaged.length === 0) this.#ports.sessions.sessionOf(id);
    const ours = await mapAtOnce(listed, readAtOnce, (one) => this.#choice.view(one, never));
    return [...ours, ...unmanaged];
  }

  backup(id: SessionId): Work<BackupView> {
    return worked(async (tell) => {
      const session = this.#ports.sessions.sessionOf(id);
      const { mark } = await telling(session, tell, () => session.backup());
      return this.#choice.view(await this.#choice.which(id, { id: mark.id }, never), never);
    });
  }

  restore(
    id: SessionId,
    { which, dryRun }: { readonly which: WhichBackup; readonly dryRun: boolean },
    signal: AbortSignal,
  ): Work<RestoreView> {
    return worked(async (tell) => {
      const { sessions, tools } = this.#ports;
      if (sessions.has(id)) sessions.sessionOf(id);
      const why = this.#ports.restoreRefusal?.();
      if (why && !dryRun) throw withheldRefusal(id, 'restored', why);
      const options = { signal, progress: tell };
      const unmanaged = await this.#unmanaged.named(id, which, signal);
      if (unmanaged && dryRun) {
        const rehearsed = await this.#unmanaged.rehearse(unmanaged, options);
        return { session: id, backup: rehearsed, dryRun, quarantined: null };
      }
      // From here on it is one of ours, which a crash may restore as any other.
      const epoch = sessions.has(id) ? sessions.sessionOf(id).record.epoch : 0;
      const meant = unmanaged
        ? { id: await this.#unmanaged.takeUp(unmanaged, { ...options, epoch }) }
        : which;
      const chosen = await this.#choice.which(id, meant, signal);
      const { manifest } = chosen;
      const backup = await this.#choice.view(chosen, signal);
      if (dryRun) {
        const { place } = await stageBackup(manifest, options, tools);
        await closeStaging(place, tools.disk);
        return { session: id, backup, dryRun, quarantined: null };
      }
      return { session: id, backup, dryRun, quarantined: await this.#putInPlace(id, manifest.id, tell) };
    });
  }

  importable(request: ImportPlanRequest): Promise<ImportPlanView> {
    return this.#imported.plan(request, never);
  }

  import(id: SessionId, request: ImportRequest, signal: AbortSignal): Work<ImportView> {
    return worked(async (tell) => {
      const work = { signal, progress: tell };
      if (request.dryRun) return this.#imported.rehearse(id, request, work);
      const taken = await this.#imported.take(id, request, work);
      const backup = await this.#choice.view(
        await this.#choice.which(id, { id: taken.backup }, signal),
        signal,
      );
      const quarantined = await this.#putInPlace(id, taken.backup, tell, { imported: true });
      return { ...taken.view, backup, quarantined };
    });
  }

  /** Where what was there went. A session that the volume has forgotten is made. */
  async #putInPlace(
    id: SessionId,
    backup: string,
    tell: (progress: Progress) => void,
    options: { readonly imported?: boolean } = {},
  ): Promise<string | null> {
    const { sessions, serving = true } = this.#ports;
    // Not wanted before it has a login: a restore that fails must not end in a QR.
    const made = sessions.has(id) ? null : await sessions.create(id, 'stopped');
    const session = made ?? sessions.sessionOf(id);
    const { quarantined } = await telling(session, tell, () => session.restore(backup, options));
    if (made) await made.tell({ type: 'start' });
    if (!serving) await putToRest(session);
    return quarantined;
  }

  async clear(id: SessionId, backup: string): Promise<BackupView> {
    const { sessions, tools, incidents, log } = this.#ports;
    const ref = { session: id, id: backup };
    const before = await findListed(tools.vault, ref, never);
    const marks = before.marks.filter((kind) => kind !== 'drilled');
    // The record first: from what it says the mark would be made again.
    if (sessions.has(id)) await sessions.sessionOf(id).acceptBackup(backup);
    for (const kind of marks) await clearMark(ref, kind, tools.vault, never);
    if (marks.includes('demoted'))
      for (const cause of ['backup_shrunk', 'drill_failed'] as const) incidents.resolve(cause, id);
    log.info({ session: id, backup, marks }, 'A person has cleared the marks of a backup');
    return this.#choice.view(await findListed(tools.vault, ref, never), never);
  }

  verify(id: SessionId, signal: AbortSignal): Work<VerificationView> {
    return worked(async (tell) => {
      const session = this.#ports.sessions.sessionOf(id);
      tell({ step: 'look', done: null, total: null });
      const profile = await this.#look(session, signal);
      const newest = await this.#newest(id, signal);
      const options = { signal, progress: tell };
      if (newest === null) {
        const last = await this.#unmanaged.lookAtLast(id, options);
        return { session: id, profile, backup: last && { ...checkOf(last.verdict), id: last.id } };
      }
      const check =
        'problem' in newest
          ? ({ soundness: 'damaged', problem: newest.problem, warnings: [] } as const)
          : checkOf(await verifyBackup(newest.manifest, options, this.#ports.tools));
      return { session: id, profile, backup: { ...check, id: newest.id } };
    });
  }

  drill(id: SessionId, which: WhichBackup, signal: AbortSignal): Work<DrillView> {
    return this.#ports.drills.drill(id, which, signal);
  }

  purge(id: SessionId, signal: AbortSignal): Work<PurgeView> {
    return worked(async (tell) => {
      const { sessions, erase } = this.#ports;
      tell({ step: 'erase', done: null, total: null });
      const erased = await sessions.erase(id, () => erase(id, signal));
      if (erased.length > 0) return { session: id, erased };
      throw new VigilError(
        'session_not_found',
        `Neither the volume nor the vault holds anything of "${id}".`,
        { subject: id },
      );
    });
  }

  recover(request: RecoveryRequest, signal: AbortSignal): Work<RecoveryView> {
    return worked((tell) => recoverSessions(request, this.#ports.recovery, tell, signal));
  }

  /** Of a copy: the browser may go on, and nobody waits longer than a freeze takes. */
  async #look(session: Session, signal: AbortSignal): Promise<CheckView> {
    const { tools } = this.#ports;
    const place = await openStaging('verify', session.id, tools);
    try {
      const directory = join(place, 'profile');
      const scratch = join(place, 'scratch');
      await tools.disk.mkdir(scratch, 'verify:scratch');
      await session.copyInto(directory, signal);
      const { layout } = tools.engine;
      const expected = session.record.evidence;
      const verdict = await tools.verify(directory, { layout, depth: 'counted', expected, scratch, signal });
      const check = checkOf(verdict);
      // The copy is gone by the time that a person reads of it.
      const named = check.problem?.replaceAll(directory, profilePath(tools.layout, session.id)) ?? null;
      return { ...check, problem: named };
    } catch (thrown) {
      const error = toVigilError(thrown);
      if (error.code !== 'profile_damaged') throw thrown;
      return { soundness: 'damaged', problem: error.message, warnings: [] };
    } finally {
      await closeStaging(place, tools.disk);
    }
  }

  async #newest(id: SessionId, signal: AbortSignal): Promise<ListedBackup | null> {
    for await (const listed of backupsOf(this.#ports.tools.vault, id, signal))
      if (isBackupId(listed.id)) return listed;
    return null;
  }
}

function checkOf(verdict: ProfileVerdict): CheckView {
  if (verdict.soundness === 'sound') return { soundness: 'sound', problem: null, warnings: verdict.warnings };
  return { soundness: verdict.soundness, problem: verdict.problem, warnings: [] };
}

/** As at the end of a daemon: it stays wanted, and nothing of it runs. */
async function putToRest(session: Session): Promise<void> {
  session.post({ type: 'drain' });
  await session.until(({ atRest }) => atRest);
}
