/** Who is on the stage: two sides with three sessions each, under the same names. */
export const sessions = ['one', 'two', 'three'] as const;
export type Session = (typeof sessions)[number];

export const sides = ['vigil', 'bare'] as const;
export type Side = (typeof sides)[number];

export const sideNames: Readonly<Record<Side, string>> = { vigil: 'wa-vigil', bare: 'bare whatsapp-web.js' };

/** One value for each side. */
export function bySide<T>(make: (side: Side) => T): Record<Side, T> {
  return { vigil: make('vigil'), bare: make('bare') };
}

/** `one`, `one and two`, `one, two and three` */
export function listed(names: readonly string[]): string {
  const [last = '', ...others] = [...names].reverse();
  return others.length === 0 ? last : `${others.reverse().join(', ')} and ${last}`;
}
