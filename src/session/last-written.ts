import type { SessionRecord } from './record.ts';

/** A browser that ran may have written until it was last seen; one that was started may have as well. Milliseconds. */
export function lastWritten({ lastSeen, starts }: Pick<SessionRecord, 'lastSeen' | 'starts'>): number {
  const seen = lastSeen === null ? 0 : Date.parse(lastSeen);
  return Math.max(0, Number.isNaN(seen) ? 0 : seen, ...starts.map(({ at }) => at));
}
