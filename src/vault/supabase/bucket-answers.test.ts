import { StorageApiError } from '@supabase/supabase-js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VigilError } from '../../errors.ts';
import { readBucket, readEntries, readInfo, readRemoved, requireSaid } from './bucket-answers.ts';
import { asVigilError, resumableFailure, StorageFailure, storageFailure } from './storage-failure.ts';

const place = {
  vault: 'supabase:backups',
  bucket: 'backups',
  url: 'https://project.example',
  key: 'the-key',
};
const moment = '2026-01-01T00:00:00.000Z';

describe('an answer', () => {
  const readers = [readInfo, readEntries, readRemoved, readBucket, (one: unknown) => requireSaid(one, 'id')];

  it('is read, or leaves open what came of the request; it never throws anything else', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(...readers), (answer, reader) => {
        try {
          reader(answer);
        } catch (error) {
          expect(error).toBeInstanceOf(StorageFailure);
          expect((error as StorageFailure).leavesOpen).toBe(true);
        }
      }),
    );
  });

  it.each([
    {},
    [],
    null,
    'text',
    1,
    { size: -1, lastModified: moment },
    { size: 1, lastModified: 'yesterday' },
  ])('is no description of an object: %j', (answer) =>
    expect(() => readInfo(answer)).toThrow(StorageFailure),
  );

  it('says what there is', () => {
    const sha256 = 'a'.repeat(64);
    const described = { size: 3, lastModified: '2026-01-01T01:00:00+01:00', metadata: { sha256 } };
    expect(readInfo(described)).toEqual({ bytes: 3, modifiedAt: moment, sha256 });
    expect(readInfo({ ...described, metadata: { sha256: 'short' } }).sha256).toBeNull();
    const object = { name: 'a', id: '1', created_at: moment, updated_at: moment, metadata: { size: 3 } };
    expect(readEntries([{ name: 'folder', id: null }, object])).toEqual([
      { name: 'folder', object: null },
      { name: 'a', object: { bytes: 3, modifiedAt: moment, createdAt: moment } },
    ]);
  });
});

describe('a failure', () => {
  it('has the code of the body, and the status where that has none', () => {
    const of = (statusCode: string) => storageFailure(new StorageApiError('said', 400, statusCode));
    expect([of('409'), of('NoSuchKey')]).toMatchObject([{ code: 409 }, { code: 400 }]);
    expect(resumableFailure(400, '{"statusCode":"403","message":"said"}')).toMatchObject({
      code: 403,
      message: 'said',
    });
    expect(resumableFailure(413, 'Maximum size exceeded\n')).toMatchObject({ code: 413 });
    expect(resumableFailure(502, '<html>')).toMatchObject({ code: 502, leavesOpen: true });
  });

  it('of anything at all is one that the vault port knows, of one line and without the key', () => {
    const thrown = fc.oneof(
      fc.anything(),
      fc.string().map((text) => new TypeError(text)),
      fc.tuple(fc.string(), fc.integer(), fc.string()).map(([text, status, code]) => {
        return new StorageApiError(`${text} ${place.key}\n`, status, code);
      }),
    );
    fc.assert(
      fc.property(thrown, (error) => {
        const failure = storageFailure(error);
        const said = failure instanceof VigilError ? failure : asVigilError(failure, place, 'list');
        expect(said.code).toMatch(/^(vault_unavailable|vault_refused|disk_full)$/);
        expect(said.message).not.toMatch(/\n|the-key/);
      }),
    );
    fc.assert(
      fc.property(fc.integer(), fc.oneof(fc.string(), fc.json()), (status, body) => {
        expect(resumableFailure(status, body)).toBeInstanceOf(StorageFailure);
      }),
    );
  });
});
