/** Snapshots of a session that is online while its page writes as fast as it can: each of them is a whole profile. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { longestFreeze } from '../../src/engine/engine.ts';
import { whatsappWebProfile } from '../../src/engine/whatsapp-web/profile-layout.ts';
import type { WhatsAppWebEngine } from '../../src/engine/whatsapp-web/whatsapp-web-engine.ts';
import { verifyProfile } from '../../src/profile/verification/verify-profile.ts';
import { sessionId } from '../../src/session/id.ts';
import { LinuxDisk } from '../../src/system/linux-disk.ts';
import { type EngineSession, never, pause, until } from '../contracts/engine-session.ts';
import { whatsAppWorlds } from '../contracts/whatsapp-worlds.ts';

const world = whatsAppWorlds();

/** So slow that a browser which ran meanwhile would have changed everything before the copy is complete. */
class SlowDisk extends LinuxDisk {
  #line: Promise<void> = Promise.resolve();

  override copyFile(from: string, to: string, label: string): Promise<void> {
    this.#line = this.#line.then(() => pause(20)).then(() => super.copyFile(from, to, label));
    return this.#line;
  }
}
const snapshots = 8;

const opened = `new Promise((resolve, reject) => {
  const request = indexedDB.open('load', 1);
  request.onupgradeneeded = () => request.result.createObjectStore('batches');
  request.onsuccess = () => resolve(request.result);
  request.onerror = () => reject(request.error);
})`;

/** Transactions of sixty records of 4 KiB, one after the other without end; each of one transaction holds the same. */
const write = `(async () => {
  const db = await ${opened};
  window.batches = 0;
  (async () => {
    for (;;) {
      await new Promise((resolve, reject) => {
        const transaction = db.transaction('batches', 'readwrite');
        const bytes = crypto.getRandomValues(new Uint8Array(4096));
        for (let part = 0; part < 60; part++)
          transaction.objectStore('batches').put(bytes, (window.batches % 100) * 60 + part);
        transaction.oncomplete = resolve;
        transaction.onabort = () => reject(transaction.error);
      });
      window.batches++;
    }
  })();
})()`;

/** Whole batches, and those of which a part is missing or of another transaction. */
const read = `(async () => {
  const db = await ${opened};
  const store = db.transaction('batches').objectStore('batches');
  const result = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const [keys, values] = await Promise.all([result(store.getAllKeys()), result(store.getAll())]);
  const batches = new Map();
  keys.forEach((key, index) => {
    const text = String.fromCharCode(...values[index]);
    const batch = batches.get(Math.floor(key / 60)) ?? batches.set(Math.floor(key / 60), []).get(Math.floor(key / 60));
    batch.push(text);
  });
  const isWhole = (batch) => batch.length === 60 && batch.every((text) => text.length === 4096 && text === batch[0]);
  const all = [...batches.values()];
  return { whole: all.filter(isWhole).length, torn: all.filter((batch) => !isWhole(batch)).length };
})()`;

function evaluate(session: EngineSession, expression: string): Promise<unknown> {
  const page = (session.engine as WhatsAppWebEngine).client?.pupPage;
  if (!page) throw new Error('there is no page');
  return page.evaluate(expression);
}

test('each holds a login and whole transactions, and the session stays online', {
  timeout: 180_000,
}, async () => {
  const { rig, paired, session } = await world();
  await (await paired()).close();
  const one = session(rig.spec, new SlowDisk());
  await one.start();
  await one.event('ready');
  await evaluate(one, write);
  const scratch = join(rig.spec.sessionsRoot, 'scratch');
  await mkdir(scratch);
  const nameOf = (number: number) => `session-copy${number}`;
  let before = 0;
  for (let number = 1; number <= snapshots; number++) {
    const written = async () => Number(await evaluate(one, 'window.batches'));
    // Compactions are under way by then, another one each time.
    await until('more is written', async () => (await written()) >= before + 10, 30_000);
    before = await written();
    const { pause } = await one.snapshot(join(rig.spec.sessionsRoot, nameOf(number)));
    expect(pause).toBeLessThan(longestFreeze);
  }
  expect(await one.probe()).toMatchObject({ page: 'answers', socket: 'up' });
  expect(one.types().slice(one.types().indexOf('ready') + 1)).toEqual([]);
  await one.close();

  for (let number = 1; number <= snapshots; number++) {
    const verdict = await verifyProfile(join(rig.spec.sessionsRoot, nameOf(number)), {
      layout: whatsappWebProfile,
      depth: 'counted',
      expected: null,
      scratch,
      signal: never(),
    });
    expect(verdict, nameOf(number)).toMatchObject({ soundness: 'sound' });
  }

  // A transaction that was under way is undone when the store is opened.
  for (const number of [1, Math.ceil(snapshots / 2), snapshots]) {
    const copy = session({ ...rig.spec, session: sessionId(`copy${number}`), profile: nameOf(number) });
    await copy.start();
    await copy.event('ready');
    expect(copy.count('qr')).toBe(0);
    expect(await evaluate(copy, read)).toEqual({ whole: expect.any(Number), torn: 0 });
    expect(await rig.simulator.control.readAll({ target: 'all' })).not.toHaveProperty('error');
    await copy.close();
  }
});
