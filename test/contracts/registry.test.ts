import { join } from 'node:path';
import { BestEffortRegistry } from '../../src/registry/best-effort.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { SqliteRegistry } from '../../src/registry/sqlite.ts';
import { FakeClock } from '../doubles/fake-clock.ts';
import { scratchDirectory } from '../doubles/scratch.ts';
import { type RegistryUnderTest, registryContract } from './registry.ts';

function inFile(wrap: (registry: Registry) => Registry): () => Promise<RegistryUnderTest> {
  return async () => {
    const place = await scratchDirectory();
    const open = async (name = 'registry.db') => {
      const path = join(place, name);
      const registry = wrap(new SqliteRegistry({ path, clock: new FakeClock(), onReplaced: () => {} }));
      await registry.open();
      return registry;
    };
    const registry = await open();
    return {
      registry,
      reopen: () => registry.close().then(() => open()),
      async copyOf() {
        await registry.snapshot(join(place, 'copy.db'));
        return open('copy.db');
      },
    };
  };
}

registryContract(
  'sqlite',
  inFile((registry) => registry),
);

registryContract(
  'best effort over sqlite',
  inFile((registry) => new BestEffortRegistry(registry, { clock: new FakeClock(), report: () => {} })),
);
