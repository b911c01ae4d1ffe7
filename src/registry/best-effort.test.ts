import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { VigilError } from '../errors.ts';
import type { Incident, TransitionEntry } from '../session/history.ts';
import { sessionId } from '../session/id.ts';
import { newRecord } from '../session/record.ts';
import { BestEffortRegistry, type RegistryReport } from './best-effort.ts';
import type { Registry } from './registry.ts';

const main = sessionId('main');
const record = newRecord(main, 5);

function entry(epoch: number): TransitionEntry {
  return { session: main, at: '2026-01-01T00:00:00.000Z', from: 'a', to: 'b', cause: 'c', epoch };
}

function incident(id: string): Incident {
  const openedAt = '2026-01-01T00:00:00.000Z';
  return { id, session: main, openedAt, closedAt: null, cause: 'c', steps: [], outcome: null, remedy: null };
}

/** A registry that remembers what it was asked, and is lost or hangs when it is told to. */
class Frail implements Registry {
  snapshot = async (): Promise<void> => {};
  readonly calls: string[] = [];
  readonly stored: TransitionEntry[] = [];
  lost: VigilError | null = null;
  hang = false;

  async #call(name: string): Promise<void> {
    if (this.hang) await new Promise(() => {});
    if (this.lost) throw this.lost;
    this.calls.push(name);
  }
  open = () => this.#call('open');
  close = () => this.#call('close');
  putSession = ({ id, restarts }: typeof record) => this.#call(`put ${id} ${restarts}`);
  removeSession = (id: string) => this.#call(`remove ${id}`);
  putIncident = ({ id }: Incident) => this.#call(`incident ${id}`);
  prune = (before: string) => this.#call(`prune ${before}`);
  async addTransitions(entries: readonly TransitionEntry[]): Promise<void> {
    await this.#call(`transitions ${entries.length}`);
    this.stored.push(...entries);
  }
  async sessions() {
    await this.#call('sessions');
    return [];
  }
  async transitions() {
    await this.#call('transitions?');
    return this.stored;
  }
  async incidents() {
    await this.#call('incidents?');
    return [];
  }
  async openIncidents() {
    await this.#call('open incidents?');
    return [];
  }
}

async function opened(bound?: number) {
  const inner = new Frail();
  const clock = new FakeClock();
  const reports: RegistryReport[] = [];
  const registry = new BestEffortRegistry(inner, {
    clock,
    report: (report) => reports.push(report),
    ...(bound === undefined ? {} : { bound }),
  });
  await registry.open();
  inner.calls.length = 0;
  return { inner, clock, reports, registry };
}

const unavailable = new VigilError('registry_unavailable', 'gone');

describe('writes', () => {
  it('are gathered: a session’s latest state, transitions in one batch', async () => {
    const { inner, clock, registry } = await opened();
    for (let restarts = 0; restarts < 5; restarts++) await registry.putSession({ ...record, restarts });
    for (let epoch = 0; epoch < 5; epoch++) await registry.addTransitions([entry(epoch)]);
    await clock.advance(249);
    expect(inner.calls).toEqual([]);
    await clock.advance(1);
    expect(inner.calls).toEqual(['put main 4', 'transitions 5']);
    expect(clock.pending).toBe(0);
  });

  it('go out at once when there are many', async () => {
    const { inner, clock, registry } = await opened();
    await registry.addTransitions(Array.from({ length: 450 }, (_, epoch) => entry(epoch)));
    await clock.advance(0);
    expect(inner.calls).toEqual(['transitions 200', 'transitions 200', 'transitions 50']);
  });

  it('of a removed session end with its removal', async () => {
    const { inner, clock, registry } = await opened();
    await registry.putSession(record);
    await registry.removeSession(main);
    await clock.advance(250);
    expect(inner.calls).toEqual(['remove main']);
  });

  it('are seen by the reads after them', async () => {
    const { inner, registry } = await opened();
    await registry.addTransitions([entry(1)]);
    expect(await registry.transitions(main, 1)).toEqual([entry(1)]);
    expect(inner.calls).toEqual(['transitions 1', 'transitions?']);
  });
});

describe('a registry that is lost', () => {
  it('fails no write, is reported once, and gets everything when it is back', async () => {
    const { inner, clock, reports, registry } = await opened();
    inner.lost = unavailable;
    await registry.putSession(record);
    await registry.putIncident(incident('a'));
    for (let epoch = 0; epoch < 300; epoch++) await registry.addTransitions([entry(epoch)]);
    await registry.prune('2025');
    await clock.advance(60_000);
    await registry.putSession({ ...record, restarts: 9 });
    expect(reports).toEqual([{ type: 'lost', error: unavailable }]);
    await expect(registry.sessions()).rejects.toBe(unavailable);
    inner.lost = null;
    await clock.advance(30_000);
    expect(inner.calls).toEqual([
      'put main 9',
      'incident a',
      'transitions 200',
      'transitions 100',
      'prune 2025',
    ]);
    expect(inner.stored.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 300 }, (_, epoch) => epoch));
    expect(reports).toHaveLength(2);
    expect(reports[1]).toMatchObject({ type: 'recovered', dropped: 0 });
  });

  it('keeps the very entries that it was given when it was lost, in their order', async () => {
    const { inner, clock, registry } = await opened();
    inner.lost = unavailable;
    await registry.addTransitions([entry(1), entry(2)]);
    await clock.advance(250);
    await registry.addTransitions([entry(3)]);
    inner.lost = null;
    await clock.advance(30_000);
    expect(inner.stored.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
  });

  it('is asked ever more rarely, and never less than every 30 s', async () => {
    const { inner, clock, registry } = await opened();
    inner.lost = unavailable;
    let asked = 0;
    inner.putSession = async () => {
      asked++;
      throw unavailable;
    };
    await registry.putSession(record);
    await clock.advance(60_000);
    expect(asked).toBeGreaterThan(5);
    expect(asked).toBeLessThan(12);
    const before = asked;
    await clock.advance(300_000);
    expect(asked - before).toBe(10);
  });

  it('costs the oldest history once memory is full, and tells how much', async () => {
    const { inner, clock, reports, registry } = await opened(100);
    inner.lost = unavailable;
    for (let epoch = 0; epoch < 1_000; epoch++) {
      await registry.addTransitions([entry(epoch)]);
      await registry.putIncident(incident(String(epoch)));
    }
    await clock.advance(1_000);
    inner.lost = null;
    await clock.advance(30_000);
    expect(inner.stored.map(({ epoch }) => epoch)).toEqual(
      Array.from({ length: 100 }, (_, epoch) => 900 + epoch),
    );
    expect(inner.calls.filter((call) => call.startsWith('incident'))).toHaveLength(100);
    expect(reports[1]).toMatchObject({ type: 'recovered', dropped: 1_800 });
  });

  it('from the start is opened later', async () => {
    const inner = new Frail();
    const clock = new FakeClock();
    const reports: RegistryReport[] = [];
    inner.lost = unavailable;
    const registry = new BestEffortRegistry(inner, { clock, report: (report) => reports.push(report) });
    await registry.open();
    await registry.putSession(record);
    inner.lost = null;
    await clock.advance(30_000);
    expect(inner.calls).toEqual(['open', 'put main 0']);
    expect(reports.map(({ type }) => type)).toEqual(['lost', 'recovered']);
  });
});

it('does not hide that its file is a newer version’s', async () => {
  const inner = new Frail();
  inner.lost = new VigilError('registry_too_new', 'newer');
  const registry = new BestEffortRegistry(inner, { clock: new FakeClock(), report: () => {} });
  await expect(registry.open()).rejects.toMatchObject({ code: 'registry_too_new' });
});

describe('closing', () => {
  it('writes what is left', async () => {
    const { inner, registry, clock } = await opened();
    await registry.addTransitions([entry(1)]);
    await registry.close();
    expect(inner.calls).toEqual(['transitions 1', 'close']);
    await registry.addTransitions([entry(2)]);
    await clock.advance(60_000);
    expect(inner.calls).toHaveLength(2);
    expect(clock.pending).toBe(0);
  });

  it('does not wait longer than its deadline for one that hangs', async () => {
    const { inner, registry, clock } = await opened();
    inner.hang = true;
    inner.close = async () => void inner.calls.push('closed');
    await registry.addTransitions([entry(1)]);
    const closed = registry.close();
    await clock.advance(2_000);
    await closed;
    expect(inner.calls).toEqual(['closed']);
  });
});
