import { describe, expect, it } from 'vitest';
import type { LoginEvidence } from '../verdict.ts';
import { missingEvidence } from './evidence.ts';

/** `{ signal: 'keys sessions- ' }`: a store with a hyphen is empty. */
function evidence(loginKeys: string, databases: Record<string, string>): LoginEvidence {
  const words = (text: string) => text.split(' ').filter((word) => word !== '');
  return {
    loginKeys: words(loginKeys),
    databases: Object.entries(databases).map(([name, stores]) => ({
      name,
      stores: words(stores).map((store) => ({
        name: store.replace('-', ''),
        empty: store.endsWith('-'),
        records: null,
      })),
    })),
  };
}

const recorded = evidence('last-wid me', {
  signal: 'keys sessions old-',
  model: 'messages chats',
  spare: 'nothing-',
});

describe('evidence of a login that was recorded', () => {
  it.each<[string, LoginEvidence]>([
    ['is there', recorded],
    [
      'grew',
      evidence('last-wid me more', {
        signal: 'keys sessions old new',
        model: 'messages chats',
        spare: 'a',
        other: 'b',
      }),
    ],
    ['lost a store', evidence('last-wid me', { signal: 'keys', model: 'messages chats' })],
    [
      'lost the records of all stores but one',
      evidence('last-wid me', { signal: 'keys- sessions', model: 'messages- chats' }),
    ],
    ['lost a key', evidence('me', { signal: 'keys', model: 'chats' })],
    ['lost a database', evidence('last-wid me', { model: 'chats' })],
    [
      'lost all records of one database',
      evidence('last-wid me', { signal: 'keys- sessions- old-', model: 'chats' }),
    ],
    ['lost a database that held nothing', evidence('last-wid me', { signal: 'keys', model: 'chats' })],
  ])('that %s is not missing', (_what, found) => {
    expect(missingEvidence(recorded, found)).toBeNull();
  });

  it.each<[string, LoginEvidence, string]>([
    ['lost all keys', evidence('other', { signal: 'keys', model: 'chats' }), 'lacks last-wid, me,'],
    ['lost all databases', evidence('last-wid me', {}), 'signal, model'],
    [
      'lost all records of all databases, and gained a store with some',
      evidence('last-wid me', { signal: 'keys- sessions- new', model: 'messages- chats-' }),
      'signal, model',
    ],
    ['lost all stores of all databases', evidence('last-wid me', { signal: '', model: '' }), 'signal'],
  ])('that %s is missing', (_what, found, told) => {
    expect(missingEvidence(recorded, found)).toContain(told);
  });
});

describe('without a record', () => {
  it.each<[LoginEvidence, string | null]>([
    [evidence('me', { model: 'chats old-' }), null],
    [evidence('', { model: 'chats' }), 'Local Storage holds none of the keys that a login leaves there.'],
    [evidence('me', { model: 'chats-' }), 'IndexedDB holds no database with records.'],
    [evidence('me', {}), 'IndexedDB holds no database with records.'],
  ])('%j comes to %s', (found, missing) => {
    expect(missingEvidence(null, found)).toBe(missing);
  });
});
