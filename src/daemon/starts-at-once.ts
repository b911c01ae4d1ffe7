import { availableParallelism, freemem, totalmem } from 'node:os';
import { defaultConcurrency, readCapacity } from '../system/capacity.ts';

/** How many sessions start at the same time: as the setting says, or as the machine allows. */
export function startsAtOnce(setting: number | 'auto'): number {
  if (setting !== 'auto') return setting;
  return defaultConcurrency(
    readCapacity({ cores: availableParallelism(), totalMemory: totalmem(), freeMemory: freemem() }),
  );
}
