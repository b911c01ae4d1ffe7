import { readdir } from 'node:fs/promises';
import {
  type Capacity,
  defaultConcurrency,
  memoryFor,
  readCapacity,
  sessionMemory,
  sessionsThatFit,
} from '../system/capacity.ts';
import { roundBytes } from '../wording/bytes.ts';
import { good, warning } from '../wording/finding.ts';
import type { Check } from './context.ts';

export const capacityCheck: Check = {
  name: 'memory',
  async run({ layout, machine, settings }) {
    const capacity = readCapacity(machine);
    const names = await readdir(layout.records).catch(() => []);
    const existing = names
      .filter((name) => name.endsWith('.json'))
      .map((name) => name.slice(0, -'.json'.length));
    const sessions = new Set([...existing, ...settings.sessions]).size;
    return assess(capacity, sessions, settings.startConcurrency);
  },
};

export function assess(capacity: Capacity, sessions: number, starts: number | 'auto') {
  const { memory, limitedBy } = capacity;
  const fit = sessionsThatFit(capacity);
  const there = sessions === 0 ? 'there are none yet' : `there are ${sessions}`;
  const found = `${roundBytes(memory.total)} (${limitedBy.memory}), ${roundBytes(memory.available)} of it free: enough for about ${fit} sessions at ${roundBytes(sessionMemory)} each; ${there}`;
  const automatic = defaultConcurrency(capacity);
  const cores = `${Math.round(capacity.cores * 100) / 100} (${limitedBy.cores}); ${starts === 'auto' ? automatic : starts} sessions start at a time`;
  return [
    fit < Math.max(1, sessions)
      ? warning(
          'memory',
          found,
          `Give it ${roundBytes(memoryFor(Math.max(1, sessions)))}, or run fewer sessions here.`,
        )
      : good('memory', found),
    starts !== 'auto' && starts > Math.max(1, capacity.cores)
      ? warning(
          'cores',
          cores,
          `Set VIGIL_START_CONCURRENCY to auto or to at most ${automatic}: more at once only stretches every start.`,
        )
      : good('cores', cores),
  ];
}
