const PROGRESS_STEPS = 4;

/** The life of the page: opening, pairing or connecting, syncing, losing the link and finding it again. */
export class Session {
  #page;
  #device;
  #mode = 'starting';
  #wake;
  #synced = false;

  constructor(page) {
    this.#page = page;
    const { wire } = page;
    wire.on('lost', () => this.#lost());
    wire.on('pair', (event) => this.#paired(event.device));
    wire.on('conflict', () => this.#conflicted());
    wire.on('logout', () => this.#loggedOut());
    wire.on('state', ({ state }) => page.socket.enter(state));
    wire.on('hello', () => this.#introduce());
  }

  async run() {
    const { login, wire } = this.#page;
    const found = await login.read();
    if (found?.damaged) await login.wipe();
    await login.identity(this.#page.settings.identityAtLoad || found?.device !== undefined);
    this.#device = found?.damaged ? undefined : found?.device?.id;
    this.damage = found?.damaged;
    if (this.#device) await this.#page.chats.load();
    for (;;) {
      try {
        await wire.connect(this.#device);
        await this.#introduce();
        await this.#stayConnected();
      } catch {
        wire.close();
      }
      if (this.#mode === 'leaving') return;
      await this.#pause(this.#page.settings.reconnectMs);
      if (this.#mode === 'connected' || this.#mode === 'lost') this.#page.socket.enter('OPENING');
    }
  }

  reconnect() {
    this.#page.wire.lose();
    this.#wake?.();
  }

  async takeover() {
    if (this.#mode !== 'conflict') return;
    this.#page.wire.tell('takeover');
    this.#mode = 'lost';
    this.#page.socket.enter('OPENING');
    await this.#introduce();
  }

  async logout() {
    this.#mode = 'leaving';
    await this.#page.wire.ask('logout', {}, 5_000).catch(() => {});
    await this.#page.login.wipe();
    setTimeout(() => location.assign('/?post_logout=1'), 3_000);
  }

  async #introduce() {
    const { wire, login, pairing } = this.#page;
    if (!this.#device) {
      if (!pairing.showing) await pairing.showQr();
      if (this.damage) wire.tell('damaged', { reason: this.damage });
      this.damage = undefined;
      return;
    }
    if (this.#mode === 'conflict') return;
    const { device } = await login.read();
    const answer = await wire.ask('hello', { ...device, browser: login.browserId, tab: tabId() });
    if (answer.outcome === 'refused') await this.#refused();
    else if (answer.outcome === 'state' && answer.state === 'UNPAIRED') await pairing.showQr();
    else if (answer.outcome === 'state') this.#page.socket.enter(answer.state);
    else if (answer.outcome === 'connected') await this.#connected(answer);
  }

  async #connected(answer) {
    const { login, wire, socket, conn, me, settings } = this.#page;
    await login.advance(answer.counter);
    await wire.ask('advanced', { counter: answer.counter });
    me.is(answer);
    conn.set({ ref: undefined, connected: true, pushname: answer.pushname, wid: me.wid });
    this.#mode = 'connected';
    if (settings.syncDelayMs === 0) socket.synced(true);
    if (this.#synced && settings.resyncOnReconnect) socket.synced(false);
    socket.enter('CONNECTED');
    this.#sync().catch(() => {});
  }

  async #sync() {
    const { socket, wire, settings, cmd, offline, chats } = this.#page;
    if (!socket.hasSynced) {
      for (let step = 0; step <= PROGRESS_STEPS; step++) {
        offline.progress = Math.round((100 * step) / PROGRESS_STEPS);
        cmd.trigger('offline_progress_update_from_bridge');
        if (step < PROGRESS_STEPS) await sleep(settings.syncDelayMs / PROGRESS_STEPS);
      }
      socket.synced(true);
    }
    this.#synced = true;
    wire.tell('synced');
    await chats.flush();
  }

  async #paired(device) {
    const { socket, login, wire, settings, pairing, chats } = this.#page;
    pairing.stop();
    socket.hasSynced = false;
    socket.enter('PAIRING');
    await login.write(device, settings);
    await chats.load();
    this.#device = device.id;
    await wire.ask('paired', { device: device.id, noisePub: login.noisePub });
    await this.#introduce();
    if (settings.reloadAfterPairingMs !== null) {
      setTimeout(() => location.reload(), settings.reloadAfterPairingMs);
    }
  }

  /** The phone removed this device while the page was away. */
  async #refused() {
    const { login, settings, pairing } = this.#page;
    this.#device = undefined;
    await login.wipe();
    await login.identity(settings.identityAtLoad);
    if (settings.refusedLogin === 'navigate') {
      this.#mode = 'leaving';
      location.assign('/?post_logout=1');
      return;
    }
    await pairing.showQr();
  }

  async #loggedOut() {
    this.#mode = 'leaving';
    this.#page.cmd.trigger('logout');
    await this.#page.login.wipe();
    location.assign('/?post_logout=1');
  }

  #conflicted() {
    this.#mode = 'conflict';
    this.#page.socket.enter('CONFLICT');
  }

  #lost() {
    if (this.#mode === 'connected') {
      this.#mode = 'lost';
      this.#page.socket.enter('TIMEOUT');
    } else if (this.#mode === 'lost') this.#page.socket.enter('TIMEOUT');
    this.#wake?.();
  }

  /** Resolves when the link is gone; pings, because a silent link never says so. */
  async #stayConnected() {
    const { wire, settings } = this.#page;
    while (wire.open) {
      const pinging = settings.pingMs > 0;
      await this.#pause(pinging ? settings.pingMs : 60_000);
      if (!wire.open || !pinging) continue;
      await wire.ask('ping', {}, settings.pingTimeoutMs).catch(() => wire.lose());
    }
  }

  #pause(ms) {
    const { promise, resolve } = Promise.withResolvers();
    const timer = setTimeout(resolve, ms);
    this.#wake = () => {
      clearTimeout(timer);
      resolve();
    };
    return promise;
  }
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Survives a reload of the same tab and nothing else. */
function tabId() {
  const known = sessionStorage.getItem('tab') ?? crypto.randomUUID();
  sessionStorage.setItem('tab', known);
  return known;
}
