import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { PageView } from './control.ts';
import { type Counters, zeroCounters } from './counters.ts';
import type { Device } from './device.ts';

export type PageEvent = { type: string } & Record<string, unknown>;

/** One loaded page: the stream to it and what it has told about itself. */
export class PageLink {
  readonly id: string;
  readonly door: string;
  readonly counters: Counters = zeroCounters();
  /** Answers of the page: `paired`, `answer`. */
  readonly answers = new EventEmitter();
  device: Device | undefined;
  stream: ServerResponse | undefined;
  loggedIn = false;
  conflicted = false;
  synced = false;
  state = 'LOADING';
  hasSynced = false;
  stateSequence = 0;
  refs: string[] = [];
  ref: string | null = null;
  code: string | null = null;
  codePhone: string | undefined;
  damage: string | null = null;
  tab: string | undefined;
  freshlyPaired = false;
  readonly #isSilent: () => boolean;
  readonly #held: PageEvent[] = [];

  constructor(id: string, door: string, isSilent: (page: PageLink) => boolean) {
    this.id = id;
    this.door = door;
    this.#isSilent = () => isSilent(this);
  }

  get live(): boolean {
    return this.stream !== undefined && this.loggedIn && !this.conflicted;
  }

  attach(stream: ServerResponse): void {
    this.stream?.socket?.destroy();
    this.stream = stream;
    this.loggedIn = false;
    this.synced = false;
    stream.on('close', () => {
      if (this.stream !== stream) return;
      this.stream = undefined;
      this.loggedIn = false;
      this.synced = false;
    });
  }

  /** Sends an event; a silent link keeps it until it is healed. */
  send(event: PageEvent): void {
    if (this.#isSilent()) this.#held.push(event);
    else this.stream?.write(`data: ${JSON.stringify(event)}\n\n`);
  }

  flush(): void {
    for (const event of this.#held.splice(0)) this.send(event);
  }

  view(): PageView {
    const { id, door, live, synced, state, hasSynced, ref, code, damage, counters } = this;
    return {
      id,
      door,
      device: this.device?.id ?? null,
      open: this.stream !== undefined,
      live,
      synced,
      state,
      hasSynced,
      ref,
      code,
      damage,
      counters: { ...counters },
    };
  }
}
