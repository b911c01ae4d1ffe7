import { describe, expect, it } from 'vitest';
import type { LoginEvidence } from '../profile/verdict.ts';
import type { OfflineFindings } from './offline-browser.ts';
import { compare } from './shortfall.ts';

/** `{ signal: 'keys sessions-' }`: a store with a hyphen is empty. */
function evidence(loginKeys: string, databases: Record<string, string>): LoginEvidence {
  const words = (text: string) => text.split(' ').filter((word) => word !== '');
  return {
    loginKeys: words(loginKeys),
    databases: Object.entries(databases).map(([name, stores]) => ({
      name,
      stores: words(stores).map((store) => ({
        name: store.replace('-', ''),
        empty: store.endsWith('-'),
        records: store.endsWith('-') ? 0 : 7,
      })),
    })),
  };
}

const found = (
  loginKeys: string,
  databases: Record<string, string>,
  ...problems: string[]
): OfflineFindings => ({
  ...evidence(loginKeys, databases),
  problems,
});
const recorded = evidence('last-wid me', {
  signal: 'keys sessions old-',
  model: 'chats messages',
  spare: 'nothing-',
});

describe('what a browser finds in a backup', () => {
  it.each([
    [
      'all of it',
      found('last-wid me', { signal: 'keys sessions old-', model: 'chats messages', spare: 'nothing-' }),
    ],
    [
      'and more',
      found('last-wid me more', { signal: 'keys sessions old', model: 'chats messages', other: 'a' }),
    ],
    ['less one that was empty', found('last-wid me', { signal: 'keys sessions', model: 'chats messages' })],
  ])('is what its manifest says: %s', (_what, findings) => {
    expect(compare(recorded, findings)).toEqual({ problem: null, warnings: [] });
  });

  it.each([
    ['a key', found('me', { signal: 'keys', model: 'chats' }), /finds no last-wid in its Local Storage/],
    ['a database', found('last-wid me', { model: 'chats' }), /finds no record in signal,/],
    [
      'all records of one',
      found('last-wid me', { signal: 'keys- sessions-', model: 'chats' }),
      /no record in signal,/,
    ],
    [
      'all records of all',
      found('last-wid me', { signal: 'keys-', model: '' }),
      /no record in signal, model,/,
    ],
    [
      'one that does not open',
      found('last-wid me', { signal: 'keys' }, 'model does not open (UnknownError)'),
      /^In a browser model does not open \(UnknownError\)\.$/,
    ],
  ])('is too little where it lacks %s', (_what, findings, problem) => {
    expect(compare(recorded, findings).problem).toMatch(problem);
  });

  it('may lack the records of one store, which is said', () => {
    expect(
      compare(recorded, found('last-wid me', { signal: 'keys sessions-', model: 'chats messages' })),
    ).toEqual({
      problem: null,
      warnings: ['Of signal a browser finds sessions empty, which held something when it was taken.'],
    });
  });

  it('is no login where there is none at all, whatever its manifest says', () => {
    const nothing = evidence('', {});
    expect(compare(nothing, found('', { model: 'chats' })).problem).toMatch(/none of the keys/);
    expect(compare(nothing, found('me', { model: 'chats-' })).problem).toMatch(/no database with records/);
  });

  it('is said on one line, however many names there are and whatever they are', () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, at) => [`number\n${at}`, 'a']));
    const { problem } = compare(evidence('me', many), found('me', {}));
    expect(problem).toMatch(/^[^\n]+number\?7 and 12 more, [^\n]+$/);
  });
});
