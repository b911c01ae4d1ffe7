import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { systemClock } from '../system/clock.ts';
import { type LibraryQuestion, requireLibrary } from './require-library.ts';

async function library(text: string): Promise<string> {
  const directory = join(await scratchDirectory(), 'whatsapp-web.js');
  mkdirSync(directory);
  writeFileSync(join(directory, 'package.json'), '{"name":"whatsapp-web.js","version":"9.9.9"}');
  writeFileSync(join(directory, 'index.js'), text);
  return directory;
}

const check = (path: string | null, more: Partial<LibraryQuestion> = {}) =>
  requireLibrary({
    library: path,
    env: { PATH: process.env['PATH'], VIGIL_API_KEY: 'canary' },
    clock: systemClock,
    ...more,
  });

const whole = `
  const has = (...names) => {
    const made = class {};
    for (const name of names) made.prototype[name] = () => {};
    return made;
  };
  module.exports = {
    Client: has('initialize', 'inject', 'destroy', 'logout', 'getState', 'requestPairingCode', 'sendPresenceAvailable', 'on'),
    LocalAuth: has('setup', 'beforeBrowserInitialized', 'afterBrowserInitialized', 'getAuthEventPayload', 'afterAuthReady', 'logout'),
  };`;

test('nothing is run for the library that is shipped', async () => {
  const clock = new FakeClock();
  await check(null, { clock });
  expect(clock.pending).toBe(0);
});

test('a library that has everything is taken, whatever it prints and whatever it leaves running', async () => {
  await check(await library(`console.log('hello'); setInterval(() => {}, 1000); ${whole}`));
});

test('one that lacks something is refused, and what it lacks is named', async () => {
  const path = await library('module.exports = { Client: class {} };');
  await expect(check(path)).rejects.toMatchObject({
    code: 'engine_unusable',
    exit: 69,
    disposition: 'fatal',
    subject: path,
    message: expect.stringMatching(/lacks Client\.initialize\(\).*LocalAuth\./),
    details: { missing: expect.arrayContaining(['LocalAuth']) },
  });
});

test.each([
  ['does not load', "require('./not-there.cjs');", 'not-there.cjs'],
  ['ends the process that loads it', 'process.exit(3);', 'exit code 3'],
])('one that %s is refused with what happened', async (_, text, why) => {
  await expect(check(await library(text))).rejects.toMatchObject({
    code: 'engine_unusable',
    message: expect.stringContaining(why),
  });
});

test('one that never ends to load is given up', async () => {
  const clock = new FakeClock();
  const outcome = expect(check(await library('for (;;);'), { clock })).rejects.toMatchObject({
    code: 'engine_unusable',
    message: expect.stringContaining('did not end within 30 s'),
  });
  while (clock.pending === 0) await new Promise((resolve) => setImmediate(resolve));
  await clock.advance(30_000);
  await outcome;
});

test('it learns no key of the daemon', async () => {
  await check(await library(`if (process.env.VIGIL_API_KEY) throw new Error('leaked'); ${whole}`));
});

test('nobody waits for it once the daemon is to end', async () => {
  const stop = new AbortController();
  const outcome = expect(check(await library('for (;;);'), { signal: stop.signal })).rejects.toThrow('stop');
  stop.abort(new Error('stop'));
  await outcome;
});
