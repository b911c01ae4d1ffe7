/**
 * The operations on a volume on which no daemon runs, under the volume's lock. What only changes what is
 * wanted changes the records; what needs a browser (`pair`, `logout`) runs a supervisor here until it is closed.
 * From then on everything is asked of that one: two who write a session's record would undo each other's work.
 */
import type { BackupIncidentView } from '../backup/incidents.ts';
import { VigilError } from '../errors.ts';
import { backupIncidentsOf } from '../session/backup-incident.ts';
import type { SessionId } from '../session/id.ts';
import { defaultPolicy } from '../session/policy.ts';
import { patched, type SessionRecord } from '../session/record.ts';
import type { DamagedRecord } from '../session/record-store.ts';
import type { PairingMaterial, SessionNotice, SessionView, SettingsPatch } from '../session/session-view.ts';
import type { SessionEvent } from '../session/state.ts';
import { transition } from '../session/transition.ts';
import { initialState, viewOf } from '../session/view.ts';
import type { BackupOperations, Step, Work } from '../supervisor/backup-operations.ts';
import { type HeldSession, heldRefusal, heldView, recordUnusable } from '../supervisor/held-session.ts';
import type { Operations } from '../supervisor/operations.ts';
import type { Clock } from '../system/clock.ts';
import { within } from '../system/deadline.ts';
import { requireBotFile } from './bot-file.ts';
import type { Runtime } from './runtime.ts';

export interface VolumeOperationsPorts {
  readonly clock: Clock;
  readonly records: { write(record: SessionRecord): Promise<void> };
  /**
   * What could not be used of the records. One that was set aside gives way to the first change of its session; one
   * that still lies there is held.
   */
  readonly damaged?: readonly DamagedRecord[];
  /** What is wrong with backups, as the last daemon left it. */
  readonly backupIncidents?: readonly BackupIncidentView[];
  /** Path of the bot of those sessions that have no setting of their own. */
  readonly bot: string | null;
  /** A runtime that boots nothing by itself. */
  readonly startRuntime: () => Promise<Runtime>;
}

/** Milliseconds for what is left to do behind a backup, before the volume is given back. */
const tidiesFor = 30_000;

export class VolumeOperations implements Operations {
  readonly #ports: VolumeOperationsPorts;
  readonly #records: Map<SessionId, SessionRecord>;
  readonly #setAside: Map<SessionId, string>;
  readonly #held: Map<SessionId, HeldSession>;
  #runtime: Promise<Runtime> | null = null;
  /** Of a record; what a runtime takes up is what is on the disk. */
  #writing: Promise<unknown> = Promise.resolve();

  constructor(records: readonly SessionRecord[], ports: VolumeOperationsPorts) {
    const { damaged = [] } = ports;
    this.#held = new Map(damaged.filter(isHeld).map((held) => [held.id, held]));
    this.#setAside = new Map(damaged.filter((one) => !isHeld(one)).map(({ id, problem }) => [id, problem]));
    this.#records = new Map(
      records.filter(({ id }) => !this.#held.has(id)).map((record) => [record.id, record]),
    );
    this.#ports = ports;
  }

  async sessions(): Promise<readonly SessionView[]> {
    if (this.#runtime) return (await this.#supervisor()).sessions();
    const held = [...this.#held.values()].map((one) => heldView(one, this.#ports.clock.now()));
    return [...[...this.#records.values()].map((record) => this.#view(record)), ...held].sort((a, b) =>
      a.id < b.id ? -1 : 1,
    );
  }

  async session(id: SessionId): Promise<SessionView> {
    if (this.#runtime) return (await this.#supervisor()).session(id);
    const held = this.#held.get(id);
    return held ? heldView(held, this.#ports.clock.now()) : this.#view(this.#get(id));
  }

  /** Starts with the next daemon. */
  async start(id: SessionId): Promise<SessionView> {
    if (this.#runtime) return (await this.#supervisor()).start(id);
    return this.#want(id, { type: 'start' });
  }

  async stop(id: SessionId): Promise<SessionView> {
    if (this.#runtime) return (await this.#supervisor()).stop(id);
    return this.#want(id, { type: 'stop' });
  }

  async restart(id: SessionId): Promise<SessionView> {
    if (this.#runtime) return (await this.#supervisor()).restart(id);
    return this.#want(id, { type: 'restart' });
  }

  async configure(id: SessionId, patch: SettingsPatch): Promise<SessionView> {
    if (this.#runtime) return (await this.#supervisor()).configure(id, patch);
    const record = this.#get(id);
    if (patch.bot) await requireBotFile(patch.bot);
    return this.#put({ ...record, settings: patched(record.settings, patch) });
  }

  async pair(id: SessionId, options: { readonly phone: string | null }): Promise<SessionView> {
    return (await this.#supervisor()).pair(id, options);
  }

  async pairing(id: SessionId): Promise<PairingMaterial | null> {
    if (this.#runtime) return (await this.#supervisor()).pairing(id);
    this.#get(id);
    return null;
  }

  /** Brings the session online first: an unlink has to be said to WhatsApp. */
  async logout(id: SessionId): Promise<SessionView> {
    if (!this.#runtime && this.#get(id).login === 'none') {
      throw new VigilError('session_refused', `Session "${id}" is not linked to a phone.`, { subject: id });
    }
    const supervisor = await this.#supervisor();
    const { wanted } = await supervisor.session(id);
    await supervisor.start(id);
    await supervisor.settled(id);
    try {
      return await supervisor.logout(id);
    } catch (error) {
      // It was started for this alone.
      if (wanted === 'stopped') await supervisor.stop(id);
      throw error;
    }
  }

  async *follow(id: SessionId, signal: AbortSignal): AsyncGenerator<SessionNotice> {
    if (!this.#runtime) this.#get(id);
    yield* (await this.#supervisor()).follow(id, signal);
  }

  /** Over a runtime, which starts no session by itself. */
  readonly backups: BackupOperations = {
    backups: async (id) => (await this.#running()).backups.backups(id),
    backup: (id, signal) => this.#through((backups) => backups.backup(id, signal)),
    restore: (id, options, signal) => this.#through((backups) => backups.restore(id, options, signal)),
    clear: async (id, backup) => (await this.#running()).backups.clear(id, backup),
    verify: (id, signal) => this.#through((backups) => backups.verify(id, signal)),
    drill: (id, which, signal) => this.#through((backups) => backups.drill(id, which, signal)),
    purge: (id, signal) => this.#through((backups) => backups.purge(id, signal)),
    recover: (request, signal) => this.#through((backups) => backups.recover(request, signal)),
    importable: async (request) => (await this.#running()).backups.importable(request),
    import: (id, request, signal) => this.#through((backups) => backups.import(id, request, signal)),
  };

  async *#through<T>(work: (backups: BackupOperations) => Work<T>): AsyncGenerator<Step<T>> {
    yield* work((await this.#running()).backups);
  }

  /** Closes what was started, cleanly within `budget` ms. The sessions stay as wanted. */
  async close(budget: number): Promise<void> {
    const runtime = await this.#runtime?.catch(() => null);
    if (!runtime) return;
    await runtime.supervisor.drain(budget);
    // No daemon comes behind this command that would do it: old backups would stay for as long as it is the only one.
    await within(this.#ports.clock, tidiesFor, 'Housekeeping', runtime.tidied()).catch(() => {});
    await runtime.close();
  }

  async #supervisor(): Promise<Runtime['supervisor']> {
    return (await this.#running()).supervisor;
  }

  async #running(): Promise<Runtime> {
    this.#runtime ??= this.#start();
    const starting = this.#runtime;
    try {
      return await starting;
    } catch (error) {
      // The records are all there is, as before; the next one tries again.
      if (this.#runtime === starting) this.#runtime = null;
      throw error;
    }
  }

  async #start(): Promise<Runtime> {
    await this.#writing;
    const runtime = await this.#ports.startRuntime();
    const guessed = [...this.#setAside].map(([id, problem]) => ({ id, problem, about: 'record' as const }));
    runtime.supervisor.take([...this.#records.values()], [...this.#held.values()], guessed);
    return runtime;
  }

  /** What the machine would do to the record; its effects are the next daemon's. */
  #want(id: SessionId, event: SessionEvent): Promise<SessionView> {
    const record = this.#get(id);
    const outcome = transition(initialState(record), event, {
      record,
      policy: defaultPolicy,
      now: this.#ports.clock.now(),
      random: 0,
    });
    return this.#put(outcome.record);
  }

  async #put(record: SessionRecord): Promise<SessionView> {
    const updated = { ...record, updatedAt: new Date(this.#ports.clock.now()).toISOString() };
    const written = this.#ports.records.write(updated);
    this.#writing = written.catch(() => {});
    await written;
    this.#records.set(record.id, updated);
    this.#setAside.delete(record.id);
    return this.#view(updated);
  }

  #get(id: SessionId): SessionRecord {
    const held = this.#held.get(id);
    if (held) throw heldRefusal(held);
    const record = this.#records.get(id);
    if (record) return record;
    throw new VigilError('session_not_found', `There is no session "${id}" on this volume.`, { subject: id });
  }

  #view(record: SessionRecord): SessionView {
    const { bot, backupIncidents = [] } = this.#ports;
    const around = { bot, botErrors: 0, backupIncidents: backupIncidentsOf(record.id, backupIncidents) };
    const view = viewOf(record, initialState(record), Date.parse(record.updatedAt), around);
    const problem = this.#setAside.get(record.id);
    if (problem === undefined) return view;
    const remedy = `What is wrong: ${problem}. \`vigil start ${record.id}\` begins a new record for it, over the profile that is there.`;
    return { ...view, reason: recordUnusable, remedy };
  }
}

const isHeld = ({ keptAs }: DamagedRecord): boolean => keptAs === null;
