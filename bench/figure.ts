/** What a scenario measured, in the form in which it is printed and kept. */
export type Unit = 's' | 'ms' | '×' | 'MB' | '%' | 'count';

export interface Figure {
  readonly name: string;
  readonly unit: Unit;
  /** Every single value, in the order in which they were measured. */
  readonly values: readonly number[];
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly target: Target | null;
}

export interface Target {
  readonly limit: number;
  /** What is held against the limit. */
  readonly of: 'median' | 'max';
  readonly met: boolean;
}

export interface Result {
  readonly scenario: string;
  readonly title: string;
  readonly figures: readonly Figure[];
  /** What a reader must know to take the figures for what they are. */
  readonly notes: readonly string[];
}

export function figure(
  name: string,
  unit: Unit,
  values: readonly number[],
  target?: { readonly limit: number; readonly of?: Target['of'] },
): Figure {
  if (values.length === 0) throw new Error(`nothing was measured for "${name}"`);
  const summary = { median: median(values), min: Math.min(...values), max: Math.max(...values) };
  if (!target) return { name, unit, values, ...summary, target: null };
  const { limit, of = 'median' } = target;
  return { name, unit, values, ...summary, target: { limit, of, met: summary[of] <= limit } };
}

/** Each value of `values` over the one measured beside it in the same round. */
export function ratios(values: readonly number[], over: readonly number[]): readonly number[] {
  return values.map((value, round) => value / (over[round] ?? Number.NaN));
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}
