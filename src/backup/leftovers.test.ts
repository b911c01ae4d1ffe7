import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sessionId } from '../session/id.ts';
import { archiveName, manifestName, markName, parseObjectName } from './backup-names.ts';
import { leftovers } from './leftovers.ts';
import type { VaultObject } from './vault.ts';

const main = sessionId('main');
const day = 86_400_000;
const now = Date.UTC(2026, 5, 1);
const taken = '20260601T000000Z-7-aaaaaaaaaaaa';
const old = '20260501T000000Z-6-bbbbbbbbbbbb';

const object = (name: string, age: number, problem: string | null = null): VaultObject => ({
  name,
  bytes: 1,
  modifiedAt: new Date(now - age).toISOString(),
  problem,
});
const whole = [object(archiveName(main, taken), 1_000), object(manifestName(main, taken), 0)];
const names = (...objects: readonly VaultObject[]) =>
  leftovers([...whole, ...objects], taken).map(({ name }) => name);

describe('what an interruption left', () => {
  it('is an archive, a manifest or a mark that is alone for more than a day', () => {
    for (const name of [archiveName(main, old), manifestName(main, old), markName(main, old, 'demoted')]) {
      expect(names(object(name, 2 * day))).toEqual([name]);
      expect(names(object(name, day - 1))).toEqual([]);
    }
  });

  it('may be asked for by name before it goes', () => {
    const [archive] = leftovers([...whole, object(archiveName(main, old), 2 * day)], taken);
    expect(archive?.unless).toEqual([manifestName(main, old)]);
    const [manifest] = leftovers([...whole, object(manifestName(main, old), 2 * day)], taken);
    expect(manifest?.unless).toEqual([archiveName(main, old), `${archiveName(main, old)}.age`]);
  });

  it('is nothing of a whole backup, nothing of somebody else, and nothing that is in the way', () => {
    const its = [archiveName(main, old), manifestName(main, old), markName(main, old, 'rejected')];
    expect(names(...its.map((name) => object(name, 9 * day)))).toEqual([]);
    expect(names(object('sessions/main-2024.tar.gz', 900 * day))).toEqual([]);
    expect(names(object('sessions/main/notes.json', 900 * day))).toEqual([]);
    expect(names(object(archiveName(main, old), 9 * day, 'is a symbolic link'))).toEqual([]);
  });

  it('is not what comes after the one that was just taken: somebody else is putting it', () => {
    expect(names(object(archiveName(main, '20260501T000000Z-8-cccccccccccc'), 9 * day))).toEqual([]);
  });

  it('is nothing where the one that was just taken is not listed', () => {
    expect(leftovers([object(archiveName(main, old), 9 * day)], taken)).toEqual([]);
  });

  it('is never a part of a backup that has its archive and its manifest, whatever there is', () => {
    const anyName = fc
      .record({
        epoch: fc.integer({ min: 0, max: 9 }),
        kind: fc.constantFrom('archive', 'age', 'manifest', 'mark'),
      })
      .map(({ epoch, kind }) => {
        const id = `20260501T000000Z-${epoch}-bbbbbbbbbbbb`;
        if (kind === 'manifest') return manifestName(main, id);
        if (kind === 'mark') return markName(main, id, 'demoted');
        return kind === 'age' ? `${archiveName(main, id)}.age` : archiveName(main, id);
      });
    const objects = fc.uniqueArray(fc.record({ name: anyName, age: fc.integer({ min: -9, max: 9 }) }), {
      selector: ({ name }) => name,
    });
    fc.assert(
      fc.property(objects, (found) => {
        const all = found.map(({ name, age }) => object(name, age * day));
        const kindsOf = (id: string) =>
          new Set(
            all
              .map(({ name }) => parseObjectName(name))
              .filter((it) => it?.id === id)
              .map((it) => it?.kind),
          );
        for (const { name } of leftovers([...whole, ...all], taken)) {
          const it = parseObjectName(name);
          const kinds = kindsOf(it?.id ?? '');
          expect(kinds.has('archive') && kinds.has('manifest')).toBe(false);
        }
      }),
    );
  });
});
