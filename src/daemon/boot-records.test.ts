import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../test/doubles/fake-clock.ts';
import { savedRecord } from '../../test/doubles/session-world.ts';
import { VigilError } from '../errors.ts';
import { createLogger } from '../log.ts';
import type { Adopted } from '../profile/adopt.ts';
import { sessionId } from '../session/id.ts';
import type { SessionRecord } from '../session/record.ts';
import { bootRecords } from './boot-records.ts';

interface Found {
  readonly records?: readonly SessionRecord[];
  readonly damaged?: readonly string[];
  readonly registry?: readonly SessionRecord[] | Error;
  readonly wanted?: readonly string[];
  readonly adopted?: readonly Adopted[];
  readonly mayBeInVault?: boolean;
}

/** What is taken up at boot, by id, where this was found. */
async function booted({
  records = [],
  damaged = [],
  registry = [],
  wanted = [],
  adopted = [],
  mayBeInVault = false,
}: Found) {
  const lines: string[] = [];
  const clock = new FakeClock();
  const taken = await bootRecords({
    read: {
      records,
      damaged: damaged.map((id) => ({ id: sessionId(id), problem: 'it is not text', keptAs: null })),
    },
    registry: {
      sessions: async () => {
        if (registry instanceof Error) throw registry;
        return registry;
      },
    },
    wanted: wanted.map(sessionId),
    adopt: async () => adopted,
    mayBeInVault,
    now: clock.now(),
    log: createLogger({ level: 'trace', clock, write: (line) => void lines.push(line) }),
  });
  const byId = Object.fromEntries(taken.map((record) => [record.id, record]));
  return { taken, byId, lines };
}

describe('the sessions at the start', () => {
  it('are those of the records, whatever the registry remembers of them', async () => {
    const record = savedRecord('main', { wanted: 'stopped', failure: 'logged_out' });
    const { taken } = await booted({ records: [record], registry: [savedRecord('main')] });
    expect(taken).toEqual([record]);
  });

  it('are those as well that only the registry remembers, as it remembers them', async () => {
    const remembered = savedRecord('main', { wanted: 'stopped' });
    const { taken } = await booted({ records: [savedRecord('other')], registry: [remembered] });
    expect(taken).toEqual([savedRecord('other'), remembered]);
  });

  it('give up no profile on the word of the registry, which may be old', async () => {
    const { taken } = await booted({ registry: [savedRecord('main', { forfeited: true })] });
    expect(taken).toEqual([savedRecord('main', { forfeited: false })]);
  });

  it('with a damaged record are as the registry remembers them', async () => {
    const remembered = savedRecord('main', { failure: 'banned' });
    const { taken, lines } = await booted({ damaged: ['main'], registry: [remembered] });
    expect(taken).toEqual([remembered]);
    expect(lines.join('')).toMatch(/"level":"error".*"session":"main".*the registry/);
  });

  it('with a damaged record that nobody remembers are stopped, and it is told', async () => {
    const { taken, lines } = await booted({ damaged: ['main'] });
    expect(taken).toMatchObject([{ id: 'main', wanted: 'stopped', failure: null }]);
    expect(lines.join('')).toMatch(/"level":"error".*"session":"main"/);
  });

  it('with a damaged record stay stopped even where the settings name them', async () => {
    const { byId } = await booted({ damaged: ['main'], wanted: ['main'] });
    expect(byId['main']).toMatchObject({ wanted: 'stopped' });
  });

  it('are created from the settings only where nothing is known of them', async () => {
    const stopped = savedRecord('stopped', { wanted: 'stopped' });
    const remembered = savedRecord('remembered', { wanted: 'stopped' });
    const { byId } = await booted({
      records: [stopped],
      registry: [remembered],
      wanted: ['stopped', 'remembered', 'fresh'],
    });
    expect(byId).toMatchObject({
      stopped,
      remembered,
      fresh: { wanted: 'online', login: 'none', failure: null },
    });
  });

  it('are those of the records alone where the registry fails, which is told', async () => {
    const lost = new VigilError('registry_unavailable', 'The registry cannot be used.');
    const { taken, lines } = await booted({
      records: [savedRecord('main')],
      damaged: ['other'],
      registry: lost,
    });
    expect(taken).toMatchObject([savedRecord('main'), { id: 'other', wanted: 'stopped' }]);
    expect(lines.join('')).toMatch(/"level":"warn".*registry_unavailable/);
  });

  it('over a profile without a login ask the vault first, where it is the volume’s own', async () => {
    const record = savedRecord('main', { wanted: 'stopped', login: 'none' });
    const adopted = [{ record, found: 'no_login', problem: 'It is damaged.' } as const];
    expect((await booted({ adopted, mayBeInVault: true })).taken).toMatchObject([
      { wanted: 'stopped', login: 'unknown' },
    ]);
    expect((await booted({ adopted })).taken).toMatchObject([{ wanted: 'stopped', login: 'none' }]);
  });

  it('are none on a new volume', async () => {
    expect((await booted({})).taken).toEqual([]);
  });
});
