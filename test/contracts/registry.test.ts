import { join } from 'node:path';
import { BestEffortRegistry } from '../../src/registry/best-effort.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { SqliteRegistry } from '../../src/registry/sqlite.ts';
import { FakeClock } from '../doubles/fake-clock.ts';
import { scratchDirectory } from '../doubles/scratch.ts';
import { type RegistryUnderTest, registryContract } from './registry.ts';

function inFile(wrap: (registry: Registry) => Registry): () => Promise<RegistryUnderTest> {
  return async () => {
    const path = join(await scratchDirectory(), 'registry.db');
    const open = async () => {
      const registry = wrap(new SqliteRegistry({ path, clock: new FakeClock(), onReplaced: () => {} }));
      await registry.open();
      return registry;
    };
    const registry = await open();
    return { registry, reopen: () => registry.close().then(open) };
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
