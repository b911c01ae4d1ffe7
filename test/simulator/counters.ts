export const COUNTER_NAMES = [
  'pageLoads',
  'qrPages',
  'qrRefs',
  'codes',
  'pairings',
  'connects',
  'refusedLogins',
  'damagedLogins',
  'staleLogins',
  'conflicts',
  'takeovers',
  'logouts',
  'presenceAvailable',
  'presenceUnavailable',
  'streamAvailable',
  'streamUnavailable',
  'messagesIn',
  'messagesOut',
  'seen',
  'mouse',
  'keyboard',
  'touch',
  'untrusted',
  'wakeLocks',
  'dialogsShown',
  'dialogsDismissed',
] as const;

export type CounterName = (typeof COUNTER_NAMES)[number];
export type Counters = Record<CounterName, number>;

export function isCounterName(name: string): name is CounterName {
  return (COUNTER_NAMES as readonly string[]).includes(name);
}

export function zeroCounters(): Counters {
  return Object.fromEntries(COUNTER_NAMES.map((name) => [name, 0])) as Counters;
}
