/**
 * All sessions of one volume: brings the wanted ones up at boot, carries out what people ask, and closes
 * everything within the budget at the end. It decides nothing about a session's life: the machine does.
 */
import { VigilError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Incident } from '../session/history.ts';
import { type SessionId, sessionId } from '../session/id.ts';
import { newRecord, type SessionRecord } from '../session/record.ts';
import { Session, type SessionPorts } from '../session/session.ts';
import type { PairingMaterial, SessionNotice, SessionView, SettingsPatch } from '../session/session-view.ts';
import { isAtRest } from '../session/state.ts';
import type { Clock } from '../system/clock.ts';
import { BootPass, undecided } from './boot-pass.ts';
import { drainAll } from './drain.ts';
import { follow } from './follow.ts';
import { type HeldSession, heldRefusal, heldView, type Note, notedView } from './held-session.ts';
import type { Operations } from './operations.ts';
import { withheldRefusal, withheldView } from './withheld-session.ts';

export interface SupervisorPorts {
  readonly clock: Clock;
  readonly log: Logger;
  /** Everything that a session needs; its log carries the session's name. */
  readonly portsFor: (id: SessionId) => SessionPorts;
  /** Throws `session_refused` where the volume cannot tell a new session from one that is there. */
  readonly requireDistinct?: (id: SessionId) => Promise<void>;
  /** Why somebody else may run it at the moment, and so nobody here; null when it may be started. */
  readonly withheld?: (id: SessionId) => VigilError | null;
}

/** Milliseconds for a stop to be done; closing is bounded below this by the host's own deadlines. */
const stopDeadline = 90_000;

export class Supervisor implements Operations {
  readonly #ports: SupervisorPorts;
  readonly #sessions = new Map<SessionId, Session>();
  readonly #held = new Map<SessionId, HeldSession>();
  /** Sessions of which something must be said until a person has said what they are to be. */
  readonly #noted = new Map<SessionId, Note>();
  readonly #ending = new AbortController();
  readonly #listeners = new Set<(id: SessionId, notice: SessionNotice) => void>();
  /** Sessions are made one after the other, so that each is compared with the one before it. */
  #creating: Promise<unknown> = Promise.resolve();
  readonly #erasing = new Set<SessionId>();
  readonly #boot = new BootPass();

  constructor(ports: SupervisorPorts) {
    this.#ports = ports;
  }

  /** Takes the sessions up as they are, and starts none. `held` are shown and refuse all; `noted` are stopped, and say why. */
  take(
    records: readonly SessionRecord[],
    held: readonly HeldSession[] = [],
    noted: readonly Note[] = [],
  ): void {
    for (const note of noted) this.#noted.set(note.id, note);
    for (const session of held) this.#held.set(session.id, session);
    for (const record of records) this.#add(record);
  }

  /** Starts those that are wanted and not failed, `records` with them, and ends what an earlier run left of the others. */
  boot(records: readonly SessionRecord[] = []): void {
    this.take(records);
    this.#boot.begin(this.#sessions.values());
  }

  /** Takes up what came back from a vault; with `start`, those that are wanted are started. */
  adopt(records: readonly SessionRecord[], { start }: { readonly start: boolean }): void {
    this.#refuseWhileEnding();
    const sessions = records.filter(({ id }) => !this.has(id)).map((record) => this.#add(record));
    if (start) this.#boot.begin(sessions);
  }

  /** True once every session that was to be started has come somewhere: online, a QR, a rest, a failure. */
  get ready(): boolean {
    return this.#boot.isOver;
  }

  /** All that there are, also those that are held. */
  get ids(): ReadonlySet<SessionId> {
    return new Set([...this.#sessions.keys(), ...this.#held.keys()]);
  }

  get all(): readonly Session[] {
    return [...this.#sessions.values()];
  }

  get records(): readonly SessionRecord[] {
    return this.all.map((session) => session.record);
  }

  /** Of the session's latest claim, in this run of the daemon or an earlier one. */
  epochOf(id: SessionId): number {
    return this.#sessions.get(id)?.record.epoch ?? 0;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** Aborts when the supervisor begins to shut down. */
  get ending(): AbortSignal {
    return this.#ending.signal;
  }

  async sessions(): Promise<readonly SessionView[]> {
    const held = [...this.#held.values()].map((session) => heldView(session, this.#ports.clock.now()));
    const views = [...this.#sessions.values()].map((session) => this.#view(session));
    return [...views, ...held].sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async session(id: SessionId): Promise<SessionView> {
    const held = this.#held.get(id);
    return held ? heldView(held, this.#ports.clock.now()) : this.#view(this.#get(id));
  }

  async start(id: SessionId): Promise<SessionView> {
    return this.#tell(id, 'start');
  }

  async restart(id: SessionId): Promise<SessionView> {
    return this.#tell(id, 'restart');
  }

  async stop(id: SessionId): Promise<SessionView> {
    const session = this.#get(id);
    this.#refuseWhileEnding();
    await session.tell({ type: 'stop' });
    await this.#rest(session);
    requireNothingLeft(session);
    return this.#durable(session);
  }

  async logout(id: SessionId): Promise<SessionView> {
    const session = this.#get(id);
    this.#refuseWhileEnding();
    const { name } = session.state;
    if (name !== 'online' && name !== 'sealing') {
      throw new VigilError(
        'session_refused',
        `Session "${id}" can be logged out only while it is online; it is ${session.view.status}.`,
        {
          subject: id,
          remedy: `Start it first (\`vigil start ${id}\`), or unlink the device on the phone.`,
        },
      );
    }
    await session.unlink();
    await this.#rest(session);
    return this.#durable(session);
  }

  async pair(id: SessionId, options: { readonly phone: string | null }): Promise<SessionView> {
    this.#refuseWhileEnding();
    const session = this.#sessions.has(id) || this.#held.has(id) ? this.#get(id) : await this.create(id);
    // It may have begun to end while the new session was written.
    this.#refuseWhileEnding();
    this.#refuseWithheld(id);
    if (options.phone !== null) session.requestPairingCode(options.phone);
    await session.tell({ type: 'pair' });
    return this.#durable(session);
  }

  /** Throws `session_not_found`, and what a held session throws. */
  sessionOf(id: SessionId): Session {
    this.#refuseWhileEnding();
    return this.#get(id);
  }

  rejectedOf(id: SessionId): readonly string[] {
    return this.#sessions.get(id)?.record.rejected ?? [];
  }

  has(id: SessionId): boolean {
    return this.#sessions.has(id) || this.#held.has(id);
  }

  /** Stops and forgets it, then erases what is left of it. Nobody starts or makes it until that is over. */
  async erase<T>(id: SessionId, work: () => Promise<T>): Promise<T> {
    this.#refuseWhileEnding();
    const session = this.has(id) || this.#erasing.has(id) ? this.#get(id) : null;
    this.#erasing.add(id);
    try {
      if (session) await this.#end(session);
      return await work();
    } finally {
      this.#erasing.delete(id);
    }
  }

  async #end(session: Session): Promise<void> {
    await session.tell({ type: 'stop' });
    session.abandonBackup();
    await this.#rest(session, (it) => it.atRest);
    requireNothingLeft(session);
    session.abandon();
    this.#sessions.delete(session.id);
  }

  /** Goes on with incidents that an earlier run of the daemon left open. */
  resume(incidents: readonly Incident[]): void {
    for (const one of incidents)
      if (one.closedAt === null && one.session) this.#sessions.get(one.session)?.resume(one);
  }

  /** Resolves once the session has come somewhere after a start: online, a QR, a rest, a failure. */
  async settled(id: SessionId): Promise<void> {
    await this.#get(id).until(
      (it) => !undecided.has(it.state.name) && it.state.name !== 'stopping',
      this.#ending.signal,
    );
  }

  async pairing(id: SessionId): Promise<PairingMaterial | null> {
    return this.#get(id).pairing;
  }

  async configure(id: SessionId, patch: SettingsPatch): Promise<SessionView> {
    const session = this.#get(id);
    await session.configure(patch);
    return this.#durable(session);
  }

  follow(id: SessionId, signal: AbortSignal): AsyncIterable<SessionNotice> {
    return follow(this.#get(id), AbortSignal.any([signal, this.#ending.signal]));
  }

  /** Makes a session that is wanted; it is on the disk before anything is done with it. */
  create(id: SessionId, wanted: SessionRecord['wanted'] = 'online'): Promise<Session> {
    if (this.#erasing.has(id)) this.#get(id);
    const created = this.#creating.then(() => this.#sessions.get(id) ?? this.#create(id, wanted));
    this.#creating = created.catch(() => {});
    return created;
  }

  async #create(id: SessionId, wanted: SessionRecord['wanted']): Promise<Session> {
    await this.#ports.requireDistinct?.(id);
    const record = { ...newRecord(sessionId(id), this.#ports.clock.now()), wanted };
    const session = this.#add(record);
    await session.configure({});
    try {
      this.#durable(session);
    } catch (error) {
      // Nobody was told that it exists, so it must not turn up later.
      session.abandon();
      this.#sessions.delete(id);
      throw error;
    }
    return session;
  }

  /**
   * Closes every session, all at once, within `budget` ms or until `force` aborts; what has not closed by then
   * is killed. The sessions stay wanted. Resolves with the ids of those that had to be killed.
   */
  async drain(budget: number, force?: AbortSignal): Promise<readonly SessionId[]> {
    if (!this.#ending.signal.aborted)
      this.#ending.abort(new VigilError('daemon_unavailable', 'The daemon is shutting down.'));
    return drainAll(this.all, this.#ports.clock, budget, force);
  }

  /** Notices of all sessions, for whoever shows them all. */
  onNotice(listener: (id: SessionId, notice: SessionNotice) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #view(session: Session): SessionView {
    const note = this.#noted.get(session.id);
    // The first start writes a record of its own, and with it there is nothing left to say.
    const unknown = session.record.epoch === 0 && session.state.name === 'stopped';
    if (note !== undefined && unknown) return notedView(session.view, note);
    const why = this.#ports.withheld?.(session.id) ?? null;
    return why === null ? session.view : withheldView(session.view, why);
  }

  #add(record: SessionRecord): Session {
    // Two of one id would write one record and wait for each other.
    if (this.#sessions.has(record.id) || this.#held.has(record.id))
      throw new VigilError('internal', `Session "${record.id}" is there already.`);
    const session = new Session(record, this.#ports.portsFor(record.id));
    session.onNotice((notice) => {
      for (const listener of [...this.#listeners]) listener(record.id, notice);
    });
    this.#sessions.set(record.id, session);
    return session;
  }

  #get(id: SessionId): Session {
    const held = this.#held.get(id);
    if (held) throw heldRefusal(held);
    if (this.#erasing.has(id))
      throw new VigilError('session_refused', `Session "${id}" is being erased.`, { subject: id });
    const session = this.#sessions.get(id);
    if (session) return session;
    throw new VigilError('session_not_found', `There is no session "${id}" on this volume.`, { subject: id });
  }

  async #tell(id: SessionId, type: 'start' | 'restart'): Promise<SessionView> {
    const session = this.#get(id);
    this.#refuseWhileEnding();
    this.#refuseWithheld(id);
    await session.tell({ type });
    return this.#durable(session);
  }

  /** What a person asked for has happened; they must know if a crash would undo it. */
  #durable(session: Session): SessionView {
    const { unwritten } = session;
    if (!unwritten) return session.view;
    throw new VigilError(
      unwritten.code,
      `Session "${session.id}" does what was asked, but that cannot be recorded, and a restart of the daemon would undo it: ${unwritten.message}`,
      { subject: session.id, cause: unwritten },
    );
  }

  async #rest(session: Session, rested = (it: Session) => isAtRest(it.state)): Promise<void> {
    const deadline = new AbortController();
    const alarm = this.#ports.clock.setTimer(stopDeadline, () =>
      deadline.abort(
        new VigilError(
          'deadline_exceeded',
          `Session "${session.id}" has not stopped within ${stopDeadline / 1000} s.`,
          { subject: session.id },
        ),
      ),
    );
    try {
      await session.until(rested, deadline.signal);
    } finally {
      alarm.cancel();
    }
  }

  #refuseWithheld(id: SessionId): void {
    const why = this.#ports.withheld?.(id) ?? null;
    if (why) throw withheldRefusal(id, 'started', why);
  }

  #refuseWhileEnding(): void {
    if (this.#ending.signal.aborted)
      throw new VigilError('daemon_unavailable', 'The daemon is shutting down.');
  }
}

function requireNothingLeft({ id, leftBehind }: Session): void {
  if (!leftBehind) return;
  throw new VigilError(
    'deadline_exceeded',
    `Session "${id}" is stopped, but a browser or host of it does not end, not even by SIGKILL.`,
    {
      subject: id,
      remedy: 'It waits for the disk, probably: look at the volume and the kernel log (dmesg).',
    },
  );
}
