import type { DeviceView } from './control.ts';
import { type Counters, zeroCounters } from './counters.ts';

export interface IncomingMessage {
  id: string;
  from: string;
  body: string;
  t: number;
}

/** A linked device as the server knows it. */
export class Device {
  readonly id: string;
  readonly phone: string;
  readonly wid: string;
  readonly lid: string;
  readonly pushname: string;
  readonly counters: Counters = zeroCounters();
  /** Sent or to be sent, and not yet confirmed by the page. */
  readonly waiting = new Map<string, IncomingMessage>();
  /** What it has sent lately, oldest first. */
  readonly sent: { to: string; body: string }[] = [];
  linked = true;
  counter = 0;
  noisePub: string | undefined;
  /** Runs while "What's new" waits for an answer. */
  dialog: NodeJS.Timeout | undefined;
  traffic: NodeJS.Timeout | undefined;

  constructor(phone: string, index: number, pushname: string) {
    this.phone = phone;
    this.id = `${phone}:${index}`;
    this.wid = `${phone}:${index}@c.us`;
    this.lid = `9${phone}:${index}@lid`;
    this.pushname = pushname;
  }

  view(page: string | null): DeviceView {
    const { id, wid, phone, pushname, linked, counter, counters } = this;
    return {
      id,
      wid,
      phone,
      pushname,
      linked,
      counter,
      page,
      waiting: this.waiting.size,
      dialog: this.dialog !== undefined,
      sent: [...this.sent],
      counters: { ...counters },
    };
  }
}
