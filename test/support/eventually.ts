import { vi } from 'vitest';

/** Looks again until it does not throw. A second, as is usual, is little where two processes share one core with ten. */
export function eventually<T>(look: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(look, { timeout: 20_000, interval: 20 });
}
