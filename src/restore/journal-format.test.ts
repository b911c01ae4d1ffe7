import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evidence, main } from '../../test/doubles/backup-world.ts';
import { sessionId } from '../session/id.ts';
import { volumeLayout } from '../volume/layout.ts';
import { formatJournal, parseJournal, type RestoreJournal } from './journal-format.ts';
import { placesOf } from './settle.ts';

const journal: RestoreJournal = {
  version: 1,
  session: main,
  backup: { id: '20260101T000000Z-1-0123456789ab', at: '2026-01-01T00:00:00.000Z' },
  staged: 'restore-main-0123456789ab',
  quarantine: '20260101T000000Z-replaced-2',
  evidence,
};

describe('a journal', () => {
  it.each([journal, { ...journal, quarantine: null }])('is read as it was written', (one) => {
    expect(parseJournal(formatJournal(one), main)).toEqual({ journal: one });
  });

  it('of another session is none', () => {
    expect(parseJournal(formatJournal(journal), sessionId('sales'))).toEqual({
      problem: 'not what is expected: session',
    });
  });

  it.each([
    ['staged', '../../whatsapp-sessions/session-other'],
    ['staged', 'restore-main-0123456789ab/../..'],
    ['staged', 'backup-main-0123456789ab'],
    ['staged', ''],
    ['staged', null],
    ['quarantine', '../other/20260101T000000Z-replaced'],
    ['quarantine', '..'],
    ['quarantine', ''],
    ['quarantine', undefined],
    ['backup', {}],
    ['backup', { id: 'latest', at: '2026-01-01' }],
    ['evidence', {}],
    ['version', 2],
  ])('whose %s is %j is none', (name, value) => {
    expect(parseJournal(JSON.stringify({ ...journal, [name]: value }), main)).toMatchObject({
      problem: expect.stringContaining(name),
    });
  });

  it('leads to places in our own directories only, or to none, whatever it holds', () => {
    const layout = volumeLayout('/data');
    const name = fc.oneof(
      fc.string(),
      fc.constantFrom('..', '../..', '/', '.', 'restore-main-0123456789ab', '\0'),
    );
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .record({ staged: name, quarantine: fc.option(name) })
        .map((fields) => JSON.stringify({ ...journal, ...fields })),
      fc
        .tuple(fc.constantFrom(...Object.keys(journal)), fc.jsonValue())
        .map(([field, value]) => JSON.stringify({ ...journal, [field]: value })),
    );
    fc.assert(
      fc.property(text, (content) => {
        const parsed = parseJournal(content, main);
        if ('problem' in parsed) return;
        const places = placesOf(parsed.journal, layout);
        expect(places.profile).toBe('/data/whatsapp-sessions/session-main');
        expect(places.place).toMatch(/^\/data\/vigil\/staging\/restore-[\w-]+$/);
        expect(places.quarantine ?? '/data/vigil/quarantine/main/x').toMatch(
          /^\/data\/vigil\/quarantine\/main\/[\w-]+$/,
        );
      }),
      { numRuns: 2_000 },
    );
  });
});
