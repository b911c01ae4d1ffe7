/**
 * One session, alive: a mailbox in front of the pure machine. Events are taken one at a time; what the
 * machine asks for runs beside the mailbox and comes back as events. Whatever must survive a crash is on
 * the disk before anything is done about it.
 */
import type { BackupIncidentView } from '../backup/incidents.ts';
import type { VigilError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Clock, Timer } from '../system/clock.ts';
import { Effects } from './effects.ts';
import type { EffectsPorts } from './effects-ports.ts';
import type { Incident } from './history.ts';
import type { SessionId } from './id.ts';
import { Incidents } from './incidents.ts';
import { PairingOffer } from './pairing-offer.ts';
import type { Policy } from './policy.ts';
import type { BackupTaken, CopyReport, Restored } from './ports.ts';
import { intervalsOf } from './probe-intervals.ts';
import type { ProbeIntervals } from './probes.ts';
import { remedyFor } from './reasons.ts';
import { patched, type SessionRecord } from './record.ts';
import { RecordKeeper } from './record-keeper.ts';
import { notStill, withoutLogin } from './refusals.ts';
import { RestoreRequests } from './restore-requests.ts';
import type { PairingMaterial, SessionNotice, SessionView, SettingsPatch } from './session-view.ts';
import { type Effect, isAtRest, type SessionEvent, type State } from './state.ts';
import { transition } from './transition.ts';
import { causeOf, logTransition } from './transition-log.ts';
import { initialState, viewOf } from './view.ts';

export interface SessionPorts extends EffectsPorts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly policy: Policy;
  /** The daemon's intervals; the session's own settings take precedence. */
  readonly intervals: ProbeIntervals;
  /** Path of the daemon's bot; the session's own setting takes precedence. */
  readonly bot: string | null;
  /** Throws `usage` where a path is not one of a module that a host could load. */
  readonly requireBot: (path: string) => Promise<void>;
  readonly log: Logger;
  /** What is wrong with its backups at this moment. */
  readonly backupIncidents?: () => readonly BackupIncidentView[];
}

interface Letter {
  readonly event: SessionEvent;
  /** False once what the event answers has been abandoned. */
  readonly current: () => boolean;
  readonly done: () => void;
}

const always = () => true;

export class Session {
  readonly id: SessionId;
  readonly #ports: SessionPorts;
  readonly #effects: Effects;
  readonly #incidents: Incidents;
  readonly #listeners = new Set<(notice: SessionNotice) => void>();
  readonly #letters: Letter[] = [];
  #state: State;
  #since: number;
  readonly #keeper: RecordKeeper;
  readonly #offer = new PairingOffer();
  readonly #restores = new RestoreRequests();
  #timer: Timer | null = null;
  #working = false;
  #botErrors = 0;

  constructor(record: SessionRecord, ports: SessionPorts) {
    this.id = record.id;
    this.#ports = ports;
    this.#keeper = new RecordKeeper(record, ports);
    this.#state = initialState(record);
    this.#since = ports.clock.now();
    this.#incidents = new Incidents(record.id, ports.clock, ports.history);
    this.#effects = new Effects(record.id, ports, {
      post: (event, current) => this.post(event, current),
      offer: (offer) => {
        this.#offer.keep(offer);
        this.post({ type: 'pairing_offered' });
      },
      codeRequest: (request) => this.#offer.request(request),
      record: () => this.record,
      noLongerForfeited: async () => {
        await this.#keeper.write({ ...this.record, forfeited: false });
        const { failure } = this.#keeper;
        if (!failure) return;
        // The disk still says that it is; the next try has to see it so as well.
        await this.#keeper.write({ ...this.record, forfeited: true });
        throw failure;
      },
      intervals: () => this.#intervals(),
      progress: (progress) => this.#notify({ event: 'progress', ...progress }),
      botFailed: (count) => {
        this.#botErrors += count;
      },
    });
  }

  get state(): State {
    return this.#state;
  }

  get record(): SessionRecord {
    return this.#keeper.record;
  }

  get pairing(): PairingMaterial | null {
    return this.#offer.shown;
  }

  get view(): SessionView {
    const { bot, backupIncidents } = this.#ports;
    const around = { bot, botErrors: this.#botErrors, backupIncidents: backupIncidents?.() ?? [] };
    return viewOf(this.record, this.#state, this.#since, around);
  }

  post(event: SessionEvent, current: () => boolean = always, done: () => void = () => {}): void {
    this.#letters.push({ event, current, done });
    if (this.#working) return;
    this.#working = true;
    void this.#work();
  }

  /** Posts and waits until the machine has taken it in; its consequences may take longer. */
  tell(event: SessionEvent): Promise<void> {
    return new Promise((resolve) => this.post(event, always, resolve));
  }

  onNotice(listener: (notice: SessionNotice) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves once the predicate holds; it is asked now and after every notice. */
  until(holds: (session: Session) => boolean, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const done = (settle: () => void) => {
        unsubscribe();
        signal?.removeEventListener('abort', abort);
        settle();
      };
      const abort = () => done(() => reject(signal?.reason));
      const look = () => {
        if (holds(this)) done(resolve);
      };
      const unsubscribe = this.onNotice(look);
      signal?.addEventListener('abort', abort, { once: true });
      if (signal?.aborted) abort();
      else look();
    });
  }

  /** What keeps the record from the disk; null when it is there. */
  get unwritten(): VigilError | null {
    return this.#keeper.failure;
  }

  /** For a session that could not be recorded at its making, and is forgotten. */
  abandon(): void {
    this.#keeper.abandon();
  }

  /** Goes on with an incident that an earlier run of the daemon left open. */
  resume(incident: Incident): void {
    this.#incidents.resume(incident);
    if (this.#state.name === 'online') this.#incidents.over('recovered');
  }

  sweep(): Promise<void> {
    return this.#effects.sweep();
  }

  /** True when nothing of it runs, no backup is under way and nothing waits in the mailbox. */
  get atRest(): boolean {
    return isAtRest(this.#state) && !this.#working && !this.#effects.backingUp;
  }

  /** The last close left a browser or host that does not end, not even by SIGKILL. */
  get leftBehind(): boolean {
    return this.#effects.leftBehind;
  }

  /** Unlinks the device; rejects when WhatsApp did not confirm it. */
  unlink(): Promise<void> {
    return this.#effects.unlinkOutcome(() => this.post({ type: 'logout' }));
  }

  /**
   * Takes a backup of the session as it runs, or as it lies there. Throws `session_refused` where there is no settled
   * login or the session is on its way up or down, and whatever keeps the backup from being kept.
   */
  async backup(): Promise<BackupTaken> {
    this.#requireStill('backed up');
    if (this.record.login === 'settled') return this.#effects.backup();
    throw withoutLogin(this.id);
  }

  /** Neither on its way up nor down: else the profile is in somebody's hands. */
  #requireStill(what: string): void {
    const { name } = this.#state;
    if (isAtRest(this.#state) || name === 'resting' || name === 'online' || name === 'suspect') return;
    throw notStill(this.id, what, this.view.status);
  }

  /** A copy of the profile, for whoever looks at it. As `backup` refuses, this does, whatever the login is. */
  async copyInto(target: string, signal: AbortSignal): Promise<CopyReport> {
    this.#requireStill('looked at');
    return this.#effects.copyInto(target, signal);
  }

  /** Closes the session, puts the backup in the profile's place, and starts it again where it is wanted. */
  restore(backup: string, { imported = false }: { readonly imported?: boolean } = {}): Promise<Restored> {
    const { promise, resolve } = Promise.withResolvers<Restored>();
    this.post({ type: 'restore', backup, ...(imported ? { imported } : {}) }, always, () =>
      resolve(this.#restores.outcome(backup, this.record)),
    );
    return promise;
  }

  /** Nobody waits for a backup at the end of the daemon. */
  abandonBackup(): void {
    this.#effects.abandonBackup();
  }

  /** Ends its processes at once; what the machine makes of it follows. For a shutdown that has run out of time. */
  kill(): void {
    this.#effects.kill();
  }

  requestPairingCode(phone: string): void {
    this.#effects.wantPairingCode(phone);
  }

  /** Changes what is named; null makes a setting follow the daemon's again. Durable once it resolves. */
  async configure(patch: SettingsPatch): Promise<void> {
    if (patch.bot) await this.#ports.requireBot(patch.bot);
    await this.#keeper.write({ ...this.record, settings: patched(this.record.settings, patch) });
    this.#effects.intervalsChanged();
    this.#notify({ event: 'status', session: this.view });
  }

  /** A person has another opinion than WhatsApp had: it may be tried again. Durable once it resolves. */
  async acceptBackup(id: string): Promise<void> {
    const rejected = this.record.rejected.filter((one) => one !== id);
    if (rejected.length < this.record.rejected.length) await this.#keeper.write({ ...this.record, rejected });
  }

  #intervals(): ProbeIntervals {
    const { intervals, policy } = this.#ports;
    const suspect = this.#state.name === 'suspect' ? policy.suspectProbe : null;
    return intervalsOf(this.record.settings, intervals, suspect);
  }

  async #work(): Promise<void> {
    for (let letter = this.#letters.shift(); letter; letter = this.#letters.shift()) {
      try {
        if (letter.current()) await this.#step(letter.event);
      } catch (error) {
        // A fault of ours in one step must not leave the mailbox shut for good.
        this.#ports.log.error({ err: error, event: letter.event.type }, 'A step of the session failed');
      }
      letter.done();
    }
    this.#working = false;
    // Whoever waits for rest asks after the mailbox has emptied.
    if (isAtRest(this.#state)) this.#notify({ event: 'status', session: this.view });
  }

  async #step(event: SessionEvent): Promise<void> {
    const { clock, random, policy } = this.#ports;
    const before = this.#state;
    const { record } = this;
    const now = clock.now();
    const outcome = transition(before, event, { record, policy, now, random: random() });
    // Shown together: a new record beside the old state would tell of a session that never was.
    this.#state = outcome.state;
    if (outcome.state.name !== before.name) this.#since = now;
    await this.#keeper.keep(outcome.record);
    if (outcome.state !== before) this.#enter(before, outcome.state, event);
    for (const effect of outcome.effects) this.#perform(effect);
    if (outcome.record.rejected.some((id) => !record.rejected.includes(id))) this.#effects.markRejected();
    if (event.type === 'logout' && !outcome.effects.some(({ type }) => type === 'unlink'))
      this.#effects.refuseUnlink();
    if (event.type === 'pairing_offered') this.#announce();
    const { unwritten, state, record: after } = this;
    this.#restores.stepped({ event, before: record, after, state, unwritten });
  }

  #enter(before: State, state: State, event: SessionEvent): void {
    if (state.name !== before.name) {
      this.#timer?.cancel();
      this.#timer = null;
      logTransition(this.#ports.log, before, state, event);
      this.#ports.history.transition({
        session: this.id,
        at: new Date(this.#since).toISOString(),
        from: before.name,
        to: state.name,
        cause: causeOf(event),
        epoch: this.#effects.epoch,
      });
    }
    if (before.name === 'pairing' && state.name !== 'pairing') this.#offer.withdraw();
    this.#effects.entered(state);
    this.#notify({ event: 'status', session: this.view });
    if (state.name === 'online' && before.name !== 'online') this.#notify({ event: 'ready' });
    if (state.name === 'syncing' && state.scanned && before.name === 'pairing')
      this.#notify({ event: 'authenticated' });
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case 'timer': {
        this.#timer?.cancel();
        const timer: Timer = this.#ports.clock.setTimer(effect.ms, () =>
          this.post({ type: 'timeout' }, () => this.#timer === timer),
        );
        this.#timer = timer;
        return;
      }
      case 'incident':
        this.#incidents.step(effect.cause, effect.step, remedyFor(effect.cause, this.id));
        return;
      case 'incident_over':
        this.#incidents.over(effect.outcome);
        return;
      default:
        this.#effects.perform(effect);
    }
  }

  #announce(): void {
    const at = new Date(this.#ports.clock.now()).toISOString();
    if (this.#state.name !== 'pairing') this.#offer.withdraw();
    else for (const notice of this.#offer.show(at)) this.#notify(notice);
  }

  #notify(notice: SessionNotice): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener(notice);
      } catch (error) {
        this.#ports.log.error({ err: error }, 'A listener of the session failed');
      }
    }
  }
}
