/** IndexedDB, with the databases and object stores that the real page has (those that matter here). */
const SCHEMA = {
  'signal-storage': [
    'signal-meta-store',
    'identity-store',
    'prekey-store',
    'signed-prekey-store',
    'session-store',
    'senderkey-store',
    'baseKey-store',
  ],
  'model-storage': [
    'account',
    'chat',
    'contact',
    'message',
    'message-info',
    'group-metadata',
    'participant',
    'device-list',
    'sync-keys',
    'collection-version',
    'profile-pic-thumb',
    'blocklist',
  ],
  wawc: ['user', 'lru-dictionaries'],
  wawc_db_enc: ['keys'],
};

function openOne(name, stores) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const request = indexedDB.open(name, 1);
  request.onupgradeneeded = () => {
    for (const store of stores) request.result.createObjectStore(store);
  };
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
  return promise;
}

function settled(request) {
  const { promise, resolve, reject } = Promise.withResolvers();
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
  return promise;
}

export class Databases {
  #open = new Map();

  async open() {
    for (const [name, stores] of Object.entries(SCHEMA)) this.#open.set(name, await openOne(name, stores));
  }

  /** Resolves when the transaction is complete: from then on it survives the death of the process. */
  write(database, entries) {
    const { promise, resolve, reject } = Promise.withResolvers();
    const stores = [...new Set(entries.map(([store]) => store))];
    const transaction = this.#open.get(database).transaction(stores, 'readwrite');
    for (const [store, key, value] of entries) transaction.objectStore(store).put(value, key);
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
    return promise;
  }

  get(database, store, key) {
    return settled(this.#store(database, store).get(key));
  }

  getAll(database, store) {
    return settled(this.#store(database, store).getAll());
  }

  count(database, store) {
    return settled(this.#store(database, store).count());
  }

  /** What a logout does: the contents go, databases and stores stay. */
  async wipe() {
    for (const [name, stores] of Object.entries(SCHEMA)) {
      const { promise, resolve, reject } = Promise.withResolvers();
      const transaction = this.#open.get(name).transaction(stores, 'readwrite');
      for (const store of stores) transaction.objectStore(store).clear();
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      await promise;
    }
  }

  /** Reads every value of every store, so that damage anywhere shows. */
  async readAll() {
    const counts = {};
    for (const [name, stores] of Object.entries(SCHEMA)) {
      for (const store of stores) counts[`${name}/${store}`] = (await this.getAll(name, store)).length;
    }
    return counts;
  }

  #store(database, store) {
    return this.#open.get(database).transaction(store, 'readonly').objectStore(store);
  }
}
