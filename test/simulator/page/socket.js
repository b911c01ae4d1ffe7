import { Model } from './models.js';

/** WAWebSocketModel.Socket: what the library asks for the state, and tells to go. */
export class Socket extends Model {
  #wire;
  #session;

  constructor(wire) {
    super({ state: 'OPENING', stream: 'DISCONNECTED', hasSynced: false });
    this.#wire = wire;
  }

  drivenBy(session) {
    this.#session = session;
  }

  enter(state) {
    const stream = state === 'CONNECTED' ? 'CONNECTED' : 'DISCONNECTED';
    if (state === this.state) return;
    this.#wire.tell('state', { state, hasSynced: this.hasSynced });
    this.set({ stream, state });
  }

  synced(hasSynced) {
    if (hasSynced === this.hasSynced) return;
    this.#wire.tell('state', { state: this.state, hasSynced });
    this.set({ hasSynced });
  }

  reconnect() {
    this.#session.reconnect();
  }

  takeover() {
    return this.#session.takeover();
  }

  logout() {
    return this.#session.logout();
  }
}
