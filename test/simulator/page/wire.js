import { Emitter } from './emitter.js';

/** The link to the server: events come down an EventSource, everything else goes up with fetch. */
export class Wire extends Emitter {
  #page;
  #source;
  #sequence = 0;

  constructor(page) {
    super();
    this.#page = page;
  }

  get open() {
    return this.#source !== undefined;
  }

  connect(device) {
    this.close();
    const { promise, resolve, reject } = Promise.withResolvers();
    const query = new URLSearchParams({ page: this.#page, device: device ?? '' });
    const source = new EventSource(`/wire/events?${query}`);
    this.#source = source;
    source.onopen = () => resolve();
    source.onmessage = ({ data }) => {
      const event = JSON.parse(data);
      this.trigger(event.type, event);
    };
    source.onerror = () => {
      source.close();
      reject(new Error('the link broke'));
      if (this.#source === source) this.lose();
    };
    return promise;
  }

  /** Asks the server; rejects when the link is down or the deadline passes. */
  async ask(type, body = {}, deadlineMs = 60_000) {
    const query = new URLSearchParams({ page: this.#page, type });
    const response = await fetch(`/wire/send?${query}`, {
      method: 'POST',
      body: JSON.stringify({ ...body, sequence: ++this.#sequence }),
      signal: AbortSignal.timeout(deadlineMs),
    });
    if (!response.ok) throw new Error(`the server answered ${response.status}`);
    return response.json();
  }

  /** Tells the server what need not be answered. */
  tell(type, body = {}) {
    this.ask(type, body).catch(() => {});
  }

  close() {
    this.#source?.close();
    this.#source = undefined;
  }

  lose() {
    this.close();
    this.trigger('lost');
  }
}
