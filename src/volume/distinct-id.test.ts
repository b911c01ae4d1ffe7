import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { caseless } from '../../test/doubles/caseless.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { sessionId } from '../session/id.ts';
import { requireDistinctId } from './distinct-id.ts';
import { volumeLayout } from './layout.ts';

async function volume({ records = [], profiles = [] }: { records?: string[]; profiles?: string[] }) {
  const layout = volumeLayout(await scratchDirectory());
  for (const path of [layout.records, layout.sessions]) await mkdir(path, { recursive: true });
  for (const name of records) await writeFile(join(layout.records, name), '{}');
  for (const name of profiles) await mkdir(join(layout.sessions, name));
  return layout;
}

const twins: [string, Parameters<typeof volume>[0]][] = [
  ['record', { records: ['Main.json'] }],
  ['damaged record', { records: ['Main.json.damaged-20260101T000000Z'] }],
  ['profile', { profiles: ['session-Main'] }],
];

describe('on a mount that takes capitals and small letters for the same', () => {
  it.each(twins)('an id that has the %s of another is refused, and both are named', async (_, found) => {
    const layout = await volume(found);
    await expect(requireDistinctId(sessionId('main'), layout, caseless)).rejects.toMatchObject({
      code: 'session_refused',
      subject: 'main',
      message: expect.stringMatching(/"main" would be "Main"/),
      remedy: expect.stringContaining('"Main"'),
    });
  });

  it('an id that is there itself, and one that differs by more, are as good as anywhere', async () => {
    const layout = await volume({ records: ['main.json'], profiles: ['session-main', 'session-Main2'] });
    for (const id of ['main', 'other', 'mai', 'main-2'])
      await expect(requireDistinctId(sessionId(id), layout, caseless)).resolves.toBeUndefined();
  });
});

describe('on any other mount', () => {
  it.each(twins)('an id may differ from another by capitals alone (%s)', async (_, found) => {
    const layout = await volume(found);
    await expect(requireDistinctId(sessionId('main'), layout)).resolves.toBeUndefined();
  });

  it('there may be both', async () => {
    const both = {
      records: ['main.json', 'Main.json'],
      profiles: ['session-main', 'session-Main'],
    };
    await expect(requireDistinctId(sessionId('main'), await volume(both))).resolves.toBeUndefined();
  });

  it('a volume that is still empty has nothing to be confused with', async () => {
    const layout = volumeLayout(join(await scratchDirectory(), 'none'));
    await expect(requireDistinctId(sessionId('main'), layout)).resolves.toBeUndefined();
  });
});
