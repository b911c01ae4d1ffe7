/**
 * The record of one session in memory, and its way to the disk. What cannot be written is kept and written with
 * the next change: supervision does not stop for a full disk, nor for one that does not answer.
 */

import { toVigilError, type VigilError } from '../errors.ts';
import type { Logger } from '../log.ts';
import type { Clock, Timer } from '../system/clock.ts';
import { within } from '../system/deadline.ts';
import type { History, Records } from './ports.ts';
import type { SessionRecord } from './record.ts';

export interface RecordKeeperPorts {
  readonly clock: Clock;
  readonly records: Records;
  readonly history: History;
  readonly log: Logger;
}

/** A write takes milliseconds; a disk that takes longer than this is not waited for. */
const patience = 10_000;
/** A wish that is not on the disk is forgotten by a crash, so it is not left to the next change. */
const retryAfter = 10_000;

export class RecordKeeper {
  readonly #ports: RecordKeeperPorts;
  #record: SessionRecord;
  /** What is on the disk; a record that differs from it is not safe yet. Null while that is not known. */
  #written: SessionRecord | null;
  #failure: VigilError | null = null;
  #retry: Timer | null = null;

  constructor(record: SessionRecord, ports: RecordKeeperPorts) {
    this.#ports = ports;
    this.#record = record;
    this.#written = record;
  }

  get record(): SessionRecord {
    return this.#record;
  }

  /** Resolves once the record is on the disk, or is known not to get there now. Never rejects. */
  async keep(record: SessionRecord): Promise<void> {
    if (!this.#written || needsWriting(record, this.#written)) await this.write(record);
    else if (record !== this.#record) {
      this.#record = record;
      this.#ports.history.record(record);
    }
  }

  /** What keeps the record from the disk; null when it is there. */
  get failure(): VigilError | null {
    return this.#failure;
  }

  /** Gives up on what could not be written: the session was never accepted. */
  abandon(): void {
    this.#retry?.cancel();
    this.#failure = null;
  }

  #tryAgain(): void {
    this.#retry?.cancel();
    this.#retry = this.#ports.clock.setTimer(retryAfter, () => {
      if (this.#failure) void this.write(this.#record);
    });
  }

  async write(changed: SessionRecord): Promise<void> {
    const { clock, history, log, records } = this.#ports;
    const record = { ...changed, updatedAt: new Date(clock.now()).toISOString() };
    this.#record = record;
    // One that is under way may be older, and land after this.
    this.#written = null;
    history.record(record);
    try {
      await within(clock, patience, 'Writing the record', records.write(record));
      // An older one that lands late says nothing of the newest.
      if (this.#record !== record) return;
      this.#written = record;
      if (this.#failure) log.info({}, 'The record is written again');
      this.#failure = null;
    } catch (error) {
      if (!this.#failure) log.error({ err: error }, 'The record cannot be written; the session goes on');
      this.#failure = toVigilError(error);
      this.#tryAgain();
    }
  }
}

/** `lastSeen` alone is not worth a synchronous write every minute; it goes along with the next change. */
function needsWriting(record: SessionRecord, written: SessionRecord): boolean {
  const keys = Object.keys(record) as (keyof SessionRecord)[];
  return keys.some((key) => key !== 'lastSeen' && key !== 'updatedAt' && record[key] !== written[key]);
}
