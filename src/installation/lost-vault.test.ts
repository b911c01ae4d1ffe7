import { mkdir, readFile, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FaultyDisk } from '../../test/doubles/faulty-disk.ts';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { volumeLayout } from '../volume/layout.ts';
import {
  clearLostVault,
  type LostVault,
  parseLostVault,
  readLostVault,
  writeLostVault,
} from './lost-vault.ts';

const lost = (...sessions: string[]): LostVault => ({
  version: 1,
  vault: 's3:backups',
  problem: 'It belongs to another installation.',
  remedy: 'Take it over.',
  sessions,
});

async function tools() {
  const layout = volumeLayout(await scratchDirectory());
  await mkdir(layout.ours, { recursive: true });
  return { layout, disk: new FaultyDisk() };
}

describe('that a vault was lost', () => {
  it('is known until it is ours again', async () => {
    const at = await tools();
    expect(await readLostVault(at)).toBeNull();
    await writeLostVault(lost('main', 'sales'), at);
    expect(await readLostVault(at)).toEqual(lost('main', 'sales'));
    await clearLostVault(at);
    await clearLostVault(at);
    expect(await readLostVault(at)).toBeNull();
  });

  it.each(['lost-vault:create', 'lost-vault:rename', 'lost-vault:sync'])(
    'is the old word or the new one after a crash at %s',
    async (label) => {
      const at = await tools();
      await writeLostVault(lost('main'), at);
      at.disk.dieAt(label);
      await writeLostVault(lost('sales'), at).catch(() => {});
      expect([lost('main'), lost('sales')]).toContainEqual(await readLostVault(at));
    },
  );

  it.each(['lost-vault:end', 'lost-vault:end-sync'])('is there or not after a crash at %s', async (label) => {
    const at = await tools();
    await writeLostVault(lost('main'), at);
    at.disk.dieAt(label);
    await clearLostVault(at).catch(() => {});
    expect([lost('main'), null]).toContainEqual(await readLostVault(at));
    at.disk.mend();
    await clearLostVault(at);
    expect(await readLostVault(at)).toBeNull();
  });

  it('is read from no other text, whatever it holds', async () => {
    const at = await tools();
    for (const text of ['', '{', '[]', '{"version":2}', '\u0000']) {
      await writeFile(at.layout.lostVault, text);
      expect(await readLostVault(at)).toBeNull();
    }
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseLostVault(text)));
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(lost())), fc.jsonValue({ maxDepth: 2 }), (field, value) => {
        const parsed = parseLostVault(JSON.stringify({ ...lost('main'), [field]: value }));
        if (parsed) expect(parseLostVault(JSON.stringify(parsed))).toEqual(parsed);
      }),
    );
    await writeLostVault(lost('main'), at);
    expect(await readFile(at.layout.lostVault, 'utf8')).not.toContain('\u0000');
  });
});
