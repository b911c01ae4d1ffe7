/** The demo where no screen can be drawn: a line for each thing that happens. */
import { type Side, sideNames, sides } from './cast.ts';
import type { News } from './view.ts';

export function plainLine({ seconds, text }: News, on: readonly Side[]): string {
  const [side] = on;
  const who = side === undefined || on.length === sides.length ? 'both' : sideNames[side];
  return `${seconds.toFixed(1).padStart(6)}  ${who.padEnd(20)}  ${text}`;
}
