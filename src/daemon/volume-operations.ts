/**
 * The operations on a volume on which no daemon runs, under the volume's lock. What only changes what is
 * wanted changes the records; what needs a browser (`pair`, `logout`) runs a supervisor here until it is closed.
 */
import { VigilError } from '../errors.ts';
import type { SessionId } from '../session/id.ts';
import { defaultPolicy } from '../session/policy.ts';
import { newRecord, patched, type SessionRecord } from '../session/record.ts';
import type { DamagedRecord } from '../session/record-store.ts';
import type { SessionEvent } from '../session/state.ts';
import { transition } from '../session/transition.ts';
import { initialState, viewOf } from '../session/view.ts';
import { type HeldSession, heldRefusal, heldView, recordUnusable } from '../supervisor/held-session.ts';
import type {
  Operations,
  PairingMaterial,
  SessionNotice,
  SessionView,
  SettingsPatch,
} from '../supervisor/operations.ts';
import type { Clock } from '../system/clock.ts';
import type { Runtime } from './compose.ts';

export interface VolumeOperationsPorts {
  readonly clock: Clock;
  readonly records: { write(record: SessionRecord): Promise<void> };
  /**
   * What could not be used of the records. One that was set aside gives way to the first change of its session; one
   * that still lies there is held.
   */
  readonly damaged?: readonly DamagedRecord[];
  /** A runtime that boots nothing by itself. */
  readonly startRuntime: () => Promise<Runtime>;
}

export class VolumeOperations implements Operations {
  readonly #ports: VolumeOperationsPorts;
  readonly #records: Map<SessionId, SessionRecord>;
  readonly #setAside: Map<SessionId, string>;
  readonly #held: Map<SessionId, HeldSession>;
  #runtime: Promise<Runtime> | null = null;

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
    if (this.#runtime) return (await this.#runtime).supervisor.sessions();
    const held = [...this.#held.values()].map((one) => heldView(one, this.#ports.clock.now()));
    return [...[...this.#records.values()].map((record) => this.#view(record)), ...held].sort((a, b) =>
      a.id < b.id ? -1 : 1,
    );
  }

  async session(id: SessionId): Promise<SessionView> {
    if (this.#runtime) return (await this.#runtime).supervisor.session(id);
    const held = this.#held.get(id);
    return held ? heldView(held, this.#ports.clock.now()) : this.#view(this.#get(id));
  }

  /** Starts with the next daemon. */
  start(id: SessionId): Promise<SessionView> {
    return this.#want(id, { type: 'start' });
  }

  stop(id: SessionId): Promise<SessionView> {
    return this.#want(id, { type: 'stop' });
  }

  restart(id: SessionId): Promise<SessionView> {
    return this.#want(id, { type: 'restart' });
  }

  async configure(id: SessionId, patch: SettingsPatch): Promise<SessionView> {
    const record = this.#get(id);
    return this.#put({ ...record, settings: patched(record.settings, patch) });
  }

  async pair(id: SessionId, options: { readonly phone: string | null }): Promise<SessionView> {
    if (!this.#records.has(id) && !this.#held.has(id))
      await this.#put(newRecord(id, this.#ports.clock.now()));
    const { supervisor } = await this.#running();
    return supervisor.pair(id, options);
  }

  async pairing(id: SessionId): Promise<PairingMaterial | null> {
    this.#get(id);
    return this.#runtime ? (await this.#runtime).supervisor.pairing(id) : null;
  }

  /** Brings the session online first: an unlink has to be said to WhatsApp. */
  async logout(id: SessionId): Promise<SessionView> {
    const record = this.#get(id);
    if (record.login === 'none') {
      throw new VigilError('session_refused', `Session "${id}" is not linked to a phone.`, { subject: id });
    }
    const { supervisor } = await this.#running();
    await supervisor.start(id);
    await supervisor.settled(id);
    try {
      return await supervisor.logout(id);
    } catch (error) {
      // It was started for this alone.
      if (record.wanted === 'stopped') await supervisor.stop(id);
      throw error;
    }
  }

  async *follow(id: SessionId, signal: AbortSignal): AsyncGenerator<SessionNotice> {
    this.#get(id);
    const { supervisor } = await this.#running();
    yield* supervisor.follow(id, signal);
  }

  /** Closes what was started, cleanly within `budget` ms. The sessions stay as wanted. */
  async close(budget: number): Promise<void> {
    const runtime = await this.#runtime?.catch(() => null);
    if (!runtime) return;
    await runtime.supervisor.drain(budget);
    await runtime.close();
  }

  #running(): Promise<Runtime> {
    this.#runtime ??= this.#ports.startRuntime().then((runtime) => {
      runtime.supervisor.take([...this.#records.values()], [...this.#held.values()]);
      return runtime;
    });
    return this.#runtime;
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
    await this.#ports.records.write(updated);
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
    const view = viewOf(record, initialState(record), Date.parse(record.updatedAt));
    const problem = this.#setAside.get(record.id);
    if (problem === undefined) return view;
    const remedy = `What is wrong: ${problem}. \`vigil start ${record.id}\` begins a new record for it, over the profile that is there.`;
    return { ...view, reason: recordUnusable, remedy };
  }
}

const isHeld = ({ keptAs }: DamagedRecord): boolean => keptAs === null;
