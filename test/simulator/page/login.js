import { fromBase64, randomBytes, toBase64 } from './encoding.js';

/**
 * What a linked device keeps in the profile. Half of it is in IndexedDB and half in Local Storage, and only
 * both halves together, and matching, are a login.
 */
const LOCAL_KEYS = ['WANoiseInfo', 'WABrowserId', 'WAWebEncKeySalt', 'last-wid-md'];
const MESSAGE_BYTES = 16 * 1024;

export class Login {
  #databases;
  #identity;

  constructor(databases) {
    this.#databases = databases;
  }

  /** The keys that a QR carries; made once, before any pairing. */
  async identity(persist) {
    if (this.#identity) return this.#identity;
    const stored = await this.#databases.get('signal-storage', 'signal-meta-store', 'registration');
    const noise = JSON.parse(localStorage.getItem('WANoiseInfo') ?? 'null');
    this.#identity = {
      noise: noise
        ? { pubKey: fromBase64(noise.pubKey), privKey: fromBase64(noise.privKey) }
        : { pubKey: randomBytes(32), privKey: randomBytes(32) },
      registration: stored ?? {
        registrationId: randomBytes(2)[0],
        identityKeyPair: { pubKey: randomBytes(32), privKey: randomBytes(32) },
      },
      advSecret: localStorage.getItem('WAAdvSecretKey') ?? toBase64(randomBytes(32)),
      browserId: localStorage.getItem('WABrowserId') ?? toBase64(randomBytes(16)),
      salt: localStorage.getItem('WAWebEncKeySalt') ?? toBase64(randomBytes(16)),
    };
    if (persist) await this.#keepIdentity();
    return this.#identity;
  }

  async write(device, settings) {
    await this.#keepIdentity();
    const chats = device.chats.map((id) => ['chat', id, { id, t: now(), unreadCount: 0, name: id }]);
    const contacts = device.chats.map((id) => ['contact', id, { id, name: `Contact ${id}`, pushname: id }]);
    const history = this.#history(settings.historyBytes, device.chats);
    await this.#databases.write('model-storage', [
      ...chats,
      ...contacts,
      ...history,
      ['account', 'me', { wid: device.wid, lid: device.lid, pushname: device.pushname }],
      ['sync-keys', 'app-state', { keyData: randomBytes(settings.largeValueBytes) }],
    ]);
    const prekeys = Array.from({ length: 100 }, (_, id) => [
      'prekey-store',
      id,
      { id, key: randomBytes(64) },
    ]);
    await this.#databases.write('wawc', [['user', 'me', { wid: device.wid, paired: now() }]]);
    await this.#databases.write('wawc_db_enc', [['keys', 1, { key: randomBytes(32) }]]);
    await this.#databases.write('signal-storage', [
      ...prekeys,
      ['signed-prekey-store', 1, { key: randomBytes(96) }],
      [
        'signal-meta-store',
        'device',
        {
          id: device.id,
          counter: 0,
          noisePub: this.noisePub,
          historyCount: history.length,
          largeValueBytes: settings.largeValueBytes,
        },
      ],
    ]);
    localStorage.setItem('last-wid-md', JSON.stringify(device.wid));
    localStorage.setItem('WALid', JSON.stringify(device.lid));
    localStorage.setItem('me-display-name', JSON.stringify(device.pushname));
  }

  /** `undefined` when there is none; `{ damaged }` when something is there that does not fit together. */
  async read() {
    const local = LOCAL_KEYS.map((key) => [key, localStorage.getItem(key)]);
    const wid = localStorage.getItem('last-wid-md');
    try {
      const device = await this.#databases.get('signal-storage', 'signal-meta-store', 'device');
      if (!device && wid === null) return undefined;
      const lost = local.filter(([, value]) => value === null).map(([key]) => key);
      if (lost.length > 0) return { damaged: `Local Storage lacks ${lost.join(', ')}` };
      if (!device) return { damaged: 'signal-storage holds no device' };
      return { device, ...(await this.#inspect(device, JSON.parse(wid))) };
    } catch (error) {
      return { damaged: String(error) };
    }
  }

  async advance(counter) {
    const device = await this.#databases.get('signal-storage', 'signal-meta-store', 'device');
    await this.#databases.write('signal-storage', [['signal-meta-store', 'device', { ...device, counter }]]);
  }

  async wipe() {
    this.#identity = undefined;
    localStorage.clear();
    await this.#databases.wipe();
  }

  get noisePub() {
    return toBase64(this.#identity.noise.pubKey);
  }

  get advSecret() {
    return this.#identity.advSecret;
  }

  get browserId() {
    return this.#identity.browserId;
  }

  async #inspect(device, wid) {
    const noise = JSON.parse(localStorage.getItem('WANoiseInfo'));
    if (noise.pubKey !== device.noisePub) return { damaged: 'WANoiseInfo belongs to another device' };
    const account = await this.#databases.get('model-storage', 'account', 'me');
    if (account?.wid !== wid) return { damaged: 'model-storage belongs to another account' };
    const messages = await this.#databases.count('model-storage', 'message');
    if (messages < device.historyCount) return { damaged: `model-storage lost messages: ${messages}` };
    const prekeys = await this.#databases.count('signal-storage', 'prekey-store');
    if (prekeys === 0) return { damaged: 'signal-storage lost its keys' };
    const large = await this.#databases.get('model-storage', 'sync-keys', 'app-state');
    if (large?.keyData.length !== device.largeValueBytes) return { damaged: 'the large value is lost' };
    return { account };
  }

  async #keepIdentity() {
    const { noise, registration, advSecret, browserId, salt } = this.#identity;
    const encoded = { pubKey: toBase64(noise.pubKey), privKey: toBase64(noise.privKey) };
    localStorage.setItem('WANoiseInfo', JSON.stringify(encoded));
    localStorage.setItem('WAAdvSecretKey', advSecret);
    localStorage.setItem('WABrowserId', browserId);
    localStorage.setItem('WAWebEncKeySalt', salt);
    await this.#databases.write('signal-storage', [['signal-meta-store', 'registration', registration]]);
  }

  #history(bytes, chats) {
    const count = Math.ceil(bytes / MESSAGE_BYTES);
    return Array.from({ length: count }, (_, index) => {
      const id = `false_${chats[index % chats.length]}_HISTORY${index}`;
      const size = Math.min(MESSAGE_BYTES, bytes - index * MESSAGE_BYTES);
      return ['message', id, { id, t: now() - count + index, ciphertext: randomBytes(size) }];
    });
  }
}

function now() {
  return Math.floor(Date.now() / 1000);
}
