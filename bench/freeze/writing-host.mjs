// Loaded into a host before its own code (`--import`): once the session is ready, its page writes to IndexedDB as fast
// as it can, sixty records of 4 KiB in each transaction, over and over the same six hundred.
import { WhatsAppWebEngine } from '../../src/engine/whatsapp-web/whatsapp-web-engine.ts';

const write = `(async () => {
  const db = await new Promise((resolve, reject) => {
    const request = indexedDB.open('load', 1);
    request.onupgradeneeded = () => request.result.createObjectStore('batches');
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  (async () => {
    for (let batch = 0; ; batch = (batch + 1) % 10) {
      await new Promise((resolve) => {
        const transaction = db.transaction('batches', 'readwrite');
        const bytes = crypto.getRandomValues(new Uint8Array(4096));
        for (let part = 0; part < 60; part++) transaction.objectStore('batches').put(bytes, batch * 60 + part);
        transaction.oncomplete = transaction.onabort = resolve;
      });
    }
  })();
})()`;

const start = WhatsAppWebEngine.prototype.start;
WhatsAppWebEngine.prototype.start = function writing(spec, emit, signal) {
  const tell = (event) => {
    if (event.type === 'ready') void this.client.pupPage.evaluate(write);
    emit(event);
  };
  return start.call(this, spec, tell, signal);
};
