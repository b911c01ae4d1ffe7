import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sessionId } from '../session/id.ts';
import { archiveName, backupId } from './backup-names.ts';
import type { BackupManifest } from './manifest.ts';
import { formatManifest, parseManifest } from './manifest-format.ts';

const session = sessionId('main');
const sha256 = 'ab'.repeat(32);
const id = backupId({ at: Date.UTC(2026, 10, 22), epoch: 7, sha256 });
const manifest: BackupManifest = {
  version: 1,
  id,
  session,
  createdAt: '2026-11-22T00:00:00.000Z',
  epoch: 7,
  login: { epoch: 6, at: '2026-11-20T08:00:00.000Z' },
  phone: '4917012345678',
  engine: { name: 'whatsapp-web.js', layout: 1, library: '1.34.7', browser: '156.0.8078.79', web: null },
  copy: { method: 'frozen', pause: 12.5 },
  evidence: {
    loginKeys: ['last-wid-md'],
    databases: [{ name: 'model-storage', stores: [{ name: 'message', empty: false, records: null }] }],
  },
  encryption: null,
  archive: { name: archiveName(session, id), bytes: 1_000, sha256 },
  files: [{ path: 'Default/Local Storage/leveldb/CURRENT', bytes: 16, sha256 }],
};

type Json = Record<string, unknown>;

/** The manifest with one field replaced, by the names on the way to it. */
function changed(path: string, value: unknown): string {
  const copy = structuredClone(manifest) as unknown as Json;
  const names = path.split('.');
  const field = names.pop() ?? '';
  let at = copy;
  for (const name of names) at = at[name] as Json;
  if (value === undefined) delete at[field];
  else at[field] = value;
  return JSON.stringify(copy);
}

describe('a manifest', () => {
  it('is read as it was written', () => {
    expect(parseManifest(formatManifest(manifest))).toEqual({ manifest });
  });

  it('may hold more than this version knows, which is passed over', () => {
    const more = {
      ...manifest,
      key: 'age1',
      archive: { ...manifest.archive, more: 1 },
      files: [{ ...manifest.files[0], mode: 0o600 }],
    };
    expect(parseManifest(JSON.stringify(more))).toEqual({ manifest });
  });

  it('may say nothing of its login, as the first ones did', () => {
    expect(parseManifest(changed('login', undefined))).toEqual({ manifest: { ...manifest, login: null } });
  });

  it('names the archive of an encrypted one and its keys, both or neither', () => {
    const name = `${archiveName(session, id)}.age`;
    const sealed = {
      ...manifest,
      encryption: { keys: ['age-0123456789ab'] },
      archive: { ...manifest.archive, name },
    };
    expect(parseManifest(JSON.stringify(sealed))).toEqual({ manifest: sealed });
    for (const encryption of [null, undefined, {}, { keys: [] }, { keys: ['A KEY'] }, { keys: [7] }, 'age'])
      expect(parseManifest(JSON.stringify({ ...sealed, encryption }))).toMatchObject({ kind: 'damaged' });
    expect(parseManifest(JSON.stringify({ ...manifest, encryption: sealed.encryption }))).toMatchObject({
      kind: 'damaged',
    });
  });

  it('may say nothing of encryption, as the first ones did', () => {
    expect(parseManifest(changed('encryption', undefined))).toEqual({ manifest });
  });

  it('of a newer version is told apart from a damaged one', () => {
    expect(parseManifest('{"version":2,"shape":"unknown"}')).toEqual({
      kind: 'newer',
      problem: 'it is of version 2, and this program understands 1',
    });
  });
});

describe('what is no manifest is told as that:', () => {
  it.each(['', '  \n', '{', 'null', '[]', '"text"', '12', '{}', '[[[['])('%j', (text) => {
    expect(parseManifest(text)).toMatchObject({ kind: 'damaged' });
  });

  it('nested deeper than anything may be', () => {
    expect(parseManifest('['.repeat(500_000))).toMatchObject({ kind: 'damaged' });
  });

  it.each([
    ['version', 0],
    ['version', '1'],
    ['version', undefined],
    ['id', 'latest'],
    ['id', `../${id}`],
    ['id', backupId({ at: 0, epoch: 8, sha256 })],
    ['id', backupId({ at: 0, epoch: 7, sha256: 'cd'.repeat(32) })],
    ['session', '../main'],
    ['session', 'stats'],
    ['createdAt', 'yesterday'],
    ['epoch', -1],
    ['epoch', 1.5],
    ['login', 7],
    ['login.epoch', -1],
    ['login.at', 'yesterday'],
    ['phone', '+49 170'],
    ['phone', 49],
    ['engine', null],
    ['engine.name', ''],
    ['engine.name', 'x'.repeat(201)],
    ['engine.name', 'a\nb'],
    ['engine.layout', '1'],
    ['engine.library', undefined],
    ['copy.method', 'tar'],
    ['copy.pause', -1],
    ['copy.pause', '12'],
    ['evidence', null],
    ['evidence.loginKeys', 'last-wid-md'],
    ['evidence.loginKeys', [1]],
    ['evidence.loginKeys', Array(10_001).fill('x')],
    ['evidence.databases', [null]],
    ['evidence.databases', [{ name: 'x'.repeat(1_001), stores: [] }]],
    ['evidence.databases', [{ name: 'x', stores: [{ name: 'y', empty: 'no', records: null }] }]],
    ['evidence.databases', [{ name: 'x', stores: [{ name: 'y', empty: false, records: -1 }] }]],
    ['archive.name', 'sessions/other/x.tar.gz'],
    ['archive.name', '../../etc/passwd'],
    ['archive.bytes', Number.MAX_SAFE_INTEGER + 1],
    ['archive.bytes', undefined],
    ['archive.sha256', 'AB'.repeat(32)],
    ['archive.sha256', 'ab'],
    ['files', {}],
    ['files', [null]],
    ['files', [{ path: '../x', bytes: 0, sha256 }]],
    ['files', [{ path: '/x', bytes: 0, sha256 }]],
    ['files', [{ path: 'a//b', bytes: 0, sha256 }]],
    ['files', [{ path: 'a\0b', bytes: 0, sha256 }]],
    ['files', [{ path: 'a'.repeat(256), bytes: 0, sha256 }]],
    ['files', [{ path: `${'a/'.repeat(32)}a`, bytes: 0, sha256 }]],
    ['files', [{ path: 'a', bytes: -1, sha256 }]],
    ['files', [{ path: 'a', bytes: 0, sha256: '' }]],
    ['files', Array(2).fill({ path: 'a', bytes: 0, sha256 })],
    ['files', ['a', 'b'].map((path) => ({ path, bytes: Number.MAX_SAFE_INTEGER, sha256 }))],
    ['files', Array.from({ length: 100_001 }, (_, number) => ({ path: `${number}`, bytes: 0, sha256 }))],
  ])('one whose %s is not right (%#)', (path, value) => {
    const parsed = parseManifest(changed(path, value));
    expect(parsed).toMatchObject({
      kind: 'damaged',
      problem: expect.stringContaining(path.split('.')[0] ?? ''),
    });
  });
});

describe('reading a manifest', () => {
  it('never throws, whatever the text', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseManifest(text)));
  });

  it('gives a manifest whose fields are what they should be, or a problem, whatever one of them holds', () => {
    const fields = Object.keys(manifest).flatMap((name) => {
      const value = (manifest as unknown as Json)[name];
      return [
        name,
        ...(typeof value === 'object' && value !== null && !Array.isArray(value)
          ? Object.keys(value).map((inner) => `${name}.${inner}`)
          : []),
      ];
    });
    const json = fc.jsonValue({ maxDepth: 3 });
    fc.assert(
      fc.property(
        fc.constantFrom(...fields),
        fc.oneof(json, fc.constant('__proto__'), fc.constant({ ['__proto__']: 1 })),
        (path, value) => {
          const parsed = parseManifest(changed(path, value));
          if ('problem' in parsed) return;
          // Whatever was taken reads the same again, so nothing in it was taken for something that it is not.
          expect(parseManifest(formatManifest(parsed.manifest))).toEqual(parsed);
          expect(Object.keys(parsed.manifest)).toEqual(Object.keys(manifest));
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
