/**
 * What the machine asks for that concerns the profile on the disk: one thing at a time, whatever else the session
 * does. Every call ends in an event; nothing throws past it, but to a person who waits for a backup.
 */
import { toVigilError, VigilError } from '../errors.ts';
import type { Host } from '../host/host.ts';
import type { EffectsOwner, EffectsPorts } from './effects-ports.ts';
import type { SessionId } from './id.ts';
import type { BackupTaken, CopyReport, Progress } from './ports.ts';
import type { SessionRecord } from './record.ts';
import type { FaultCause, RestoreChoice, SessionEvent } from './state.ts';
import { backUpBeforeUpgrade } from './upgrade-backup.ts';

/** Where the events of an attempt go; dropped once the attempt is over. */
export type Post = (event: SessionEvent) => void;

/** What runs on the profile at this moment; null when nothing does. Throws where that has changed since it was asked for. */
export type WhoRuns = () => Host | null;

/** Milliseconds between two words to the machine that a restore moves, which it does with every chunk. */
const progressEvery = 5_000;

export class ProfileEffects {
  readonly #id: SessionId;
  readonly #ports: EffectsPorts;
  readonly #owner: EffectsOwner;
  readonly #ending = new AbortController();
  #line: Promise<unknown> = Promise.resolve();
  #backup: { readonly done: Promise<BackupTaken>; readonly abort: AbortController } | null = null;

  constructor(id: SessionId, ports: EffectsPorts, owner: EffectsOwner) {
    this.#id = id;
    this.#ports = ports;
    this.#owner = owner;
  }

  async prepare(post: Post, signal: AbortSignal): Promise<void> {
    const record = this.#owner.record();
    try {
      const found = await this.inTurn(async () => {
        // One that waited behind a step that hung may be nobody's any more.
        signal.throwIfAborted();
        const prepared = await this.#ports.profiles.prepare(this.#id, record, signal);
        // Else a crash would take the next login for the old one.
        if (record.forfeited) await this.#owner.noLongerForfeited();
        return prepared;
      });
      if (found.profile === 'sound' && record.login === 'settled')
        await this.#beforeUpgrade(record, post, signal);
      post({ type: 'prepared', found });
    } catch (thrown) {
      if (signal.aborted) return;
      const error = toVigilError(thrown);
      this.#ports.log.warn({ err: error }, 'The profile cannot be prepared');
      post({ type: 'prepare_failed', cause: causeOf(error), detail: error.message, error });
    }
  }

  /** Not in turn: what it copies takes its own. */
  async #beforeUpgrade(record: SessionRecord, post: Post, signal: AbortSignal): Promise<void> {
    const backup = {
      // More than a look takes.
      take: () => {
        post({ type: 'progressed' });
        return this.backup(() => null);
      },
      abandon: () =>
        this.#backup?.abort.abort(
          new VigilError('vault_unavailable', 'It takes too long, and the session is started.'),
        ),
    };
    await backUpBeforeUpgrade(record, backup, this.#ports, signal);
  }

  async restore(choice: RestoreChoice, post: Post, signal: AbortSignal): Promise<void> {
    const { backups, clock, log } = this.#ports;
    let told = clock.monotonic();
    const progress = (news: Progress) => {
      this.#owner.progress(news);
      if (clock.monotonic() - told < progressEvery) return;
      told = clock.monotonic();
      post({ type: 'progressed' });
    };
    try {
      const restored = await this.inTurn(() => {
        signal.throwIfAborted();
        return backups.restore(this.#owner.record(), choice, { signal, progress });
      });
      if (restored === null) {
        post({ type: 'restore_impossible', detail: 'The vault holds no backup that may be tried.' });
        return;
      }
      const { backup, evidence, quarantined } = restored;
      log.info({ backup: backup.id, from: backup.at, quarantined }, 'A backup took the place of the profile');
      // Not bound to the attempt: it is in place, whatever has begun meanwhile.
      this.#owner.post({ type: 'restored', backup, evidence, quarantined }, () => true);
    } catch (thrown) {
      if (signal.aborted) return;
      const error = toVigilError(thrown);
      log.warn({ err: error }, 'No backup took the place of the profile');
      post({ type: 'restore_failed', cause: causeOf(error), detail: error.message, error });
    }
  }

  /** Joins the one that is under way. */
  backup(whoRuns: WhoRuns): Promise<BackupTaken> {
    if (this.#backup) return this.#backup.done;
    const abort = new AbortController();
    // Begun in the next turn: it clears what is set here.
    const done = Promise.resolve().then(() => this.#take(whoRuns, abort.signal));
    this.#backup = { done, abort };
    return done;
  }

  async #take(whoRuns: WhoRuns, signal: AbortSignal): Promise<BackupTaken> {
    const { backups, log } = this.#ports;
    const record = this.#owner.record();
    try {
      const copy = (target: string) => this.copyInto(whoRuns, target, signal);
      const taken = await backups.take(record, copy, { signal, progress: this.#owner.progress });
      for (const warning of taken.warnings) log.warn({ backup: taken.mark.id }, warning);
      log.info({ backup: taken.mark.id }, 'A backup was taken');
      this.#backup = null;
      this.#owner.post(
        {
          type: 'backed_up',
          backup: taken.mark,
          demoted: taken.demoted !== null,
          evidence: taken.evidence,
          of: record,
        },
        () => true,
      );
      return taken;
    } catch (thrown) {
      const error = toVigilError(thrown);
      log.warn({ err: error }, 'No backup could be taken');
      this.#backup = null;
      this.#owner.post({ type: 'backup_failed', detail: error.message }, () => true);
      throw error;
    }
  }

  /** Beside whatever the session does; a daemon that ends does not wait for it. */
  markRejected(): void {
    void this.#ports.backups.markRejected(this.#owner.record(), this.#ending.signal);
  }

  get backingUp(): boolean {
    return this.#backup !== null;
  }

  /** Of the browser that runs, or of what lies there where none does. */
  copyInto(whoRuns: WhoRuns, target: string, signal: AbortSignal): Promise<CopyReport> {
    return this.inTurn(async () => {
      const host = whoRuns();
      return host ? host.snapshot(target) : this.#ports.profiles.copy(this.#id, target, signal);
    });
  }

  /** The daemon is ending: what a backup has begun is left, and swept at the next start. */
  abandonBackup(): void {
    const reason = new VigilError('daemon_unavailable', 'The daemon is shutting down.');
    this.#backup?.abort.abort(reason);
    this.#ending.abort(reason);
  }

  async quarantine(): Promise<void> {
    try {
      const path = await this.inTurn(async () => {
        const { failure, forfeited } = this.#owner.record();
        // A start that came first has done it; what lies there now is another login.
        return forfeited ? this.#ports.profiles.quarantine(this.#id, failure ?? 'logout') : null;
      });
      if (path) this.#ports.log.info({ path }, 'The profile was moved to quarantine');
      this.#owner.post({ type: 'quarantined' }, () => true);
    } catch (error) {
      this.#ports.log.warn(
        { err: error },
        'The profile could not be moved to quarantine and stays where it is',
      );
      this.#owner.post({ type: 'quarantine_failed', detail: toVigilError(error).message }, () => true);
    }
  }

  reap(): Promise<boolean> {
    return this.inTurn(() => this.#ports.profiles.reap(this.#id));
  }

  /** Whatever touches the profile's directory, one after the other. */
  inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#line.then(work, work);
    this.#line = result.catch(() => {});
    return result;
  }
}

function causeOf({ code }: VigilError): FaultCause {
  switch (code) {
    case 'profile_in_use':
      return 'profile_in_use';
    case 'chromium_too_old':
      return 'profile_too_new';
    case 'profile_unverifiable':
      return 'profile_unverifiable';
    case 'vault_unavailable':
    case 'vault_refused':
      return 'vault_unreachable';
    case 'backup_key_missing':
      return 'key_missing';
    case 'backup_not_found':
      return 'backups_missing';
    default:
      return 'profile_unready';
  }
}
