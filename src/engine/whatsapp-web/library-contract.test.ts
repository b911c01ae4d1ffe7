import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadLibrary, missingFrom } from './library-contract.ts';

async function file(text: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'vigil-library-'));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, 'library.cjs');
  await writeFile(path, text);
  return path;
}

test('the library that is shipped has what is called', () => {
  expect(missingFrom(loadLibrary(null))).toEqual([]);
});

test('a library that lacks something is refused, and everything that it lacks is named', async () => {
  const path = await file('module.exports = { Client: class { initialize() {} destroy() {} on() {} } };');
  expect(() => loadLibrary(path)).toThrow(
    expect.objectContaining({
      code: 'engine_unusable',
      message: expect.stringContaining(
        'lacks Client.inject(), Client.logout(), Client.getState(), Client.requestPairingCode(), Client.sendPresenceAvailable(), LocalAuth.',
      ),
    }),
  );
});

test('a library that does not load says why', async () => {
  const path = await file("require('./not-there.cjs');");
  expect(() => loadLibrary(path)).toThrow(
    expect.objectContaining({ code: 'engine_unusable', message: expect.stringContaining('not-there.cjs') }),
  );
});

test('a library that is not there is refused', () => {
  expect(() => loadLibrary('/nonexistent/library')).toThrow(
    expect.objectContaining({ code: 'engine_unusable' }),
  );
});
