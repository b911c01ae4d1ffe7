/** What every registry adapter promises (src/registry/registry.ts). */
import { describe, expect, it } from 'vitest';
import type { Registry } from '../../src/registry/registry.ts';
import type { Incident, TransitionEntry } from '../../src/session/history.ts';
import { sessionId } from '../../src/session/id.ts';
import { newRecord } from '../../src/session/record.ts';

export interface RegistryUnderTest {
  /** Open, over storage of its own that is empty. */
  readonly registry: Registry;
  /** Another one over the same storage; the first is closed before. */
  reopen(): Promise<Registry>;
  /** Its snapshot, opened. */
  copyOf(): Promise<Registry>;
}

const main = sessionId('main');
const sales = sessionId('sales');

function transition(session: typeof main, epoch: number, at = '2026-01-01T00:00:00.000Z'): TransitionEntry {
  return { session, at, from: 'online', to: 'suspect', cause: 'hang: "no answer" — größer', epoch };
}

function incident(id: string, overrides: Partial<Incident> = {}): Incident {
  return {
    id,
    session: main,
    openedAt: '2026-01-01T00:00:00.000Z',
    closedAt: null,
    cause: 'hang',
    steps: ['reload', "it's; drop table incidents; --"],
    outcome: null,
    remedy: null,
    ...overrides,
  };
}

export function registryContract(name: string, make: () => Promise<RegistryUnderTest>): void {
  describe(`registry: ${name}`, () => {
    it('is empty at first', async () => {
      const { registry } = await make();
      expect(await registry.sessions()).toEqual([]);
      expect(await registry.transitions(main, 10)).toEqual([]);
      expect(await registry.incidents(null, 10)).toEqual([]);
    });

    it('is copied as it is, into a file that is a registry of its own', async () => {
      const { registry, copyOf } = await make();
      await registry.putSession(newRecord(main, 5));
      await registry.addTransitions([transition(main, 1)]);
      await registry.putIncident(incident('a'));
      const copy = await copyOf();
      await registry.putSession(newRecord(sales, 6));
      expect(await copy.sessions()).toEqual([newRecord(main, 5)]);
      expect(await copy.transitions(main, 10)).toEqual([transition(main, 1)]);
      expect(await copy.incidents(null, 10)).toEqual([incident('a')]);
    });

    it('keeps everything when it is opened anew', async () => {
      const { registry, reopen } = await make();
      const record = {
        ...newRecord(main, 5),
        phone: '49',
        settings: { presence: false },
        starts: [{ at: 1, onlineAt: 2, faultAt: null }],
      };
      await registry.putSession(record);
      await registry.addTransitions([transition(main, 1)]);
      await registry.putIncident(incident('a'));
      const again = await reopen();
      expect(await again.sessions()).toEqual([record]);
      expect(await again.transitions(main, 10)).toEqual([transition(main, 1)]);
      expect(await again.incidents(main, 10)).toEqual([incident('a')]);
    });

    it('may be opened and closed repeatedly', async () => {
      const { registry } = await make();
      await registry.open();
      await registry.close();
      await registry.close();
    });

    it('replaces a session, and forgets one that is removed', async () => {
      const { registry } = await make();
      await registry.putSession(newRecord(main, 5));
      await registry.putSession({ ...newRecord(main, 5), restarts: 7 });
      await registry.putSession(newRecord(sales, 5));
      expect(await registry.sessions()).toMatchObject([{ id: 'main', restarts: 7 }, { id: 'sales' }]);
      await registry.removeSession(main);
      await registry.removeSession(main);
      expect(await registry.sessions()).toMatchObject([{ id: 'sales' }]);
    });

    it('tells the transitions of one session, the newest first, even within a millisecond', async () => {
      const { registry } = await make();
      await registry.addTransitions([transition(main, 1), transition(sales, 50), transition(main, 2)]);
      await registry.addTransitions([]);
      await registry.addTransitions([transition(main, 3)]);
      expect((await registry.transitions(main, 2)).map(({ epoch }) => epoch)).toEqual([3, 2]);
      expect(await registry.transitions(sales, 10)).toEqual([transition(sales, 50)]);
    });

    it('takes thousands of transitions at once', async () => {
      const { registry } = await make();
      await registry.addTransitions(Array.from({ length: 3_000 }, (_, epoch) => transition(main, epoch)));
      expect(await registry.transitions(main, 5_000)).toHaveLength(3_000);
    });

    it('replaces an incident, and tells those of one session or of all, the newest first', async () => {
      const { registry } = await make();
      await registry.putIncident(incident('a'));
      await registry.putIncident(incident('b', { session: sales, openedAt: '2026-01-02T00:00:00.000Z' }));
      const closed = incident('a', {
        closedAt: '2026-01-03T00:00:00.000Z',
        outcome: 'recovered',
        remedy: 'nothing',
        steps: [],
      });
      await registry.putIncident(closed);
      expect((await registry.incidents(null, 10)).map(({ id }) => id)).toEqual(['b', 'a']);
      expect((await registry.incidents(null, 1)).map(({ id }) => id)).toEqual(['b']);
      expect(await registry.incidents(main, 10)).toEqual([closed]);
    });

    it('keeps incidents that concern no session, beside those that do', async () => {
      const { registry, reopen } = await make();
      await registry.putIncident(incident('all', { session: null, openedAt: '2026-01-02T00:00:00.000Z' }));
      await registry.putIncident(incident('a'));
      const again = await reopen();
      expect(await again.incidents(null, 10)).toEqual([
        incident('all', { session: null, openedAt: '2026-01-02T00:00:00.000Z' }),
        incident('a'),
      ]);
      expect((await again.incidents(main, 10)).map(({ id }) => id)).toEqual(['a']);
    });

    it('tells all incidents that last, however many ended since', async () => {
      const { registry } = await make();
      const closedAt = '2026-01-03T00:00:00.000Z';
      await registry.putIncident(incident('old'));
      await registry.putIncident(incident('all', { session: null, openedAt: '2026-01-02T00:00:00.000Z' }));
      for (let n = 0; n < 20; n++)
        await registry.putIncident(incident(`over ${n}`, { openedAt: closedAt, closedAt }));
      expect((await registry.openIncidents()).map(({ id }) => id)).toEqual(['all', 'old']);
      await registry.putIncident(incident('old', { closedAt }));
      expect((await registry.openIncidents()).map(({ id }) => id)).toEqual(['all']);
    });

    it('forgets history that is older, and never an incident that lasts', async () => {
      const { registry } = await make();
      const old = '2025-01-01T00:00:00.000Z';
      await registry.putSession(newRecord(main, 5));
      await registry.addTransitions([transition(main, 1, old), transition(main, 2)]);
      await registry.putIncident(incident('open', { openedAt: old }));
      await registry.putIncident(incident('over', { openedAt: old, closedAt: old }));
      await registry.putIncident(incident('new', { closedAt: '2026-01-01T00:00:00.000Z' }));
      await registry.prune('2025-06-01T00:00:00.000Z');
      expect((await registry.transitions(main, 10)).map(({ epoch }) => epoch)).toEqual([2]);
      expect((await registry.incidents(null, 10)).map(({ id }) => id).sort()).toEqual(['new', 'open']);
      expect(await registry.sessions()).toHaveLength(1);
    });

    it('keeps the order of calls that were not awaited', async () => {
      const { registry } = await make();
      const calls = Array.from({ length: 50 }, (_, restarts) =>
        registry.putSession({ ...newRecord(main, 5), restarts }),
      );
      await Promise.all(calls);
      expect(await registry.sessions()).toMatchObject([{ restarts: 49 }]);
    });

    it('says that it is unavailable once it is closed', async () => {
      const { registry } = await make();
      await registry.close();
      await expect(registry.sessions()).rejects.toMatchObject({ code: 'registry_unavailable' });
    });
  });
}
