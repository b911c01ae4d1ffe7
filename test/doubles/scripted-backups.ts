import { VigilError } from '../../src/errors.ts';
import type { SessionId } from '../../src/session/id.ts';
import type { Progress } from '../../src/session/ports.ts';
import type {
  BackupOperations,
  BackupView,
  CheckView,
  DrillView,
  ImportView,
  PurgeView,
  RestoreView,
  Step,
  VerificationView,
  WhichBackup,
  Work,
} from '../../src/supervisor/backup-operations.ts';
import type {
  ImportPlanRequest,
  ImportPlanView,
  ImportRequest,
  ImportSourceView,
} from '../../src/supervisor/import-operations.ts';
import type { RecoveryRequest, RecoveryView } from '../../src/supervisor/recovery-operations.ts';
import { Gate } from './gate.ts';

type Deed = keyof BackupOperations;

export function backupView(session: string, changes: Partial<BackupView> = {}): BackupView {
  return {
    id: '20260101T000000Z-3-0123456789ab',
    session: session as SessionId,
    takenAt: '2026-01-01T00:00:00.000Z',
    bytes: 25 * 1024 * 1024,
    state: 'verified',
    problem: null,
    method: 'frozen',
    pause: 12.4,
    browser: '140.0.7339.16',
    keys: [],
    verifiedAt:
      changes.state === 'broken' || changes.state === 'unmanaged'
        ? null
        : (changes.takenAt ?? '2026-01-01T00:00:00.000Z'),
    drilledAt: null,
    ...changes,
  };
}

export function importSource(source: string, changes: Partial<ImportSourceView> = {}): ImportSourceView {
  return {
    source,
    form: 'directory',
    session: 'sales' as SessionId,
    files: 13,
    bytes: 4 * 1024 * 1024,
    standing: 'nothing',
    problem: null,
    remedy: null,
    ...changes,
  };
}

/** Passed, in eight seconds. */
export function drillView(backup: BackupView): DrillView {
  return {
    session: backup.session as SessionId,
    backup,
    passed: true,
    problem: null,
    warnings: [],
    took: 8_000,
    unpacked: 60 * 1024 * 1024,
    browser: '156.0.8078.79',
    found: { loginKeys: 3, databases: 4, records: 12_345 },
  };
}

export const soundCheck: CheckView = { soundness: 'sound', problem: null, warnings: [] };

/**
 * Backups that exist only in memory. What is long tells its steps, waits at the gate, then tells its result; a
 * signal ends it early, as it ends the real ones.
 */
export class ScriptedBackups implements BackupOperations {
  /** What was asked, in order: `restore sales {"which":"latest","dryRun":false}`. */
  readonly calls: string[] = [];
  /** What has ended, and how: `backup sales: done`. */
  readonly ended: string[] = [];
  /** How many are under way. */
  working = 0;
  /** Between the last step and the result. */
  readonly gate = new Gate();
  steps: readonly Progress[] = [{ step: 'verify', done: null, total: null }];
  /** Newest first. */
  list: BackupView[] = [];
  readonly checks = new Map<string, Pick<VerificationView, 'profile' | 'backup'>>();
  /** What of a drill's result is another one than usual. */
  readonly drilled = new Map<string, Partial<DrillView>>();
  erased: readonly string[] = [];
  recovery: RecoveryView = { vault: 'shared:vault', owner: null, snapshot: null, sessions: [], done: false };
  /** What a path holds; a call for it fails while it is null. */
  imports: ImportPlanView | null = null;
  quarantined: string | null = '/data/vigil/quarantine/main/20260101T000000Z-restored';
  readonly #refusals = new Map<string, unknown>();
  readonly #effects = new Map<Deed, (id: SessionId) => void>();

  /** Every call of `deed` fails from now on; of one session alone where one is named. */
  refuse(deed: Deed, error: unknown, session = '*'): void {
    this.#refusals.set(`${deed} ${session}`, error);
  }

  /** What happens right before the result of `deed` is told. */
  before(deed: Deed, effect: (id: SessionId) => void): void {
    this.#effects.set(deed, effect);
  }

  async backups(id: SessionId | null): Promise<readonly BackupView[]> {
    this.calls.push(id === null ? 'backups' : `backups ${id}`);
    this.#check('backups', id);
    return this.list.filter(({ session }) => id === null || session === id);
  }

  backup(id: SessionId, signal: AbortSignal): Work<BackupView> {
    return this.#work('backup', id, signal, () => {
      const taken = backupView(id);
      this.list.unshift(taken);
      return taken;
    });
  }

  restore(
    id: SessionId,
    options: { readonly which: WhichBackup; readonly dryRun: boolean },
    signal: AbortSignal,
  ): Work<RestoreView> {
    const result = (): RestoreView => {
      const { which, dryRun } = options;
      const named = typeof which === 'object' && 'id' in which ? which.id : null;
      const backup = this.list.find((one) => one.session === id && (named === null || one.id === named));
      if (!backup)
        throw new VigilError('backup_not_found', 'The vault holds no such backup.', { subject: id });
      return { session: id, backup, dryRun, quarantined: dryRun ? null : this.quarantined };
    };
    return this.#work('restore', id, signal, result, JSON.stringify(options));
  }

  async clear(id: SessionId, backup: string): Promise<BackupView> {
    this.calls.push(`clear ${id} ${backup}`);
    this.#check('clear', id);
    const found = this.list.find((one) => one.session === id && one.id === backup);
    if (!found) throw new VigilError('backup_not_found', 'The vault holds no such backup.', { subject: id });
    const cleared: BackupView =
      found.state === 'broken' ? found : { ...found, state: 'verified', problem: null };
    this.list = this.list.map((one) => (one === found ? cleared : one));
    return cleared;
  }

  verify(id: SessionId, signal: AbortSignal): Work<VerificationView> {
    return this.#work('verify', id, signal, () => ({
      session: id,
      profile: soundCheck,
      backup: null,
      ...this.checks.get(id),
    }));
  }

  drill(id: SessionId, which: WhichBackup, signal: AbortSignal): Work<DrillView> {
    const result = (): DrillView => {
      const named = typeof which === 'object' && 'id' in which ? which.id : null;
      const backup = this.list.find((one) => one.session === id && (named === null || one.id === named));
      if (!backup)
        throw new VigilError('backup_not_found', 'The vault holds no such backup.', { subject: id });
      return { ...drillView(backup), ...this.drilled.get(id) };
    };
    return this.#work('drill', id, signal, result, JSON.stringify(which));
  }

  purge(id: SessionId, signal: AbortSignal): Work<PurgeView> {
    return this.#work('purge', id, signal, () => ({ session: id, erased: this.erased }));
  }

  recover(request: RecoveryRequest, signal: AbortSignal): Work<RecoveryView> {
    const result = (): RecoveryView => {
      if (request.dryRun) return this.recovery;
      if (this.recovery.owner && !request.takeOver)
        throw new VigilError('vault_owned', 'The vault belongs to another installation.');
      return { ...this.recovery, owner: null, done: true };
    };
    return this.#work('recover', 'all' as SessionId, signal, result, JSON.stringify(request));
  }

  async importable(request: ImportPlanRequest): Promise<ImportPlanView> {
    this.calls.push(`importable ${JSON.stringify(request)}`);
    this.#check('importable', null);
    if (!this.imports)
      throw new VigilError('import_unusable', `${request.path} holds no profile of a browser.`);
    return this.imports;
  }

  import(id: SessionId, request: ImportRequest, signal: AbortSignal): Work<ImportView> {
    const result = (): ImportView => {
      const { source, dryRun } = request;
      const found = this.imports?.sources.find((one) => one.source === source);
      if (!found) throw new VigilError('import_unusable', `${source} is not there.`);
      const { files, bytes, standing } = found;
      const done = {
        backup: dryRun ? null : backupView(id, { method: 'closed', pause: null }),
        quarantined: dryRun || standing === 'nothing' ? null : this.quarantined,
      };
      return {
        session: id,
        source,
        files,
        bytes,
        browser: '140.0.7339.16',
        standing,
        dryRun,
        warnings: [],
        ...done,
      };
    };
    return this.#work('import', id, signal, result, JSON.stringify(request));
  }

  async *#work<Result>(
    deed: Deed,
    id: SessionId,
    signal: AbortSignal,
    result: () => Result,
    note = '',
  ): AsyncGenerator<Step<Result>> {
    this.calls.push([deed, id, note].filter((word) => word !== '').join(' '));
    this.working++;
    let end = 'left';
    try {
      for (const progress of this.steps) yield { progress };
      await Promise.race([this.gate.passage, aborted(signal)]);
      if (signal.aborted) {
        end = 'aborted';
        return;
      }
      this.#check(deed, id);
      this.#effects.get(deed)?.(id);
      end = 'done';
      yield { result: result() };
    } catch (thrown) {
      end = 'failed';
      throw thrown;
    } finally {
      this.working--;
      this.ended.push(`${deed} ${id}: ${end}`);
    }
  }

  #check(deed: Deed, id: SessionId | null): void {
    const refusal = this.#refusals.get(`${deed} ${id}`) ?? this.#refusals.get(`${deed} *`);
    if (refusal) throw refusal;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
