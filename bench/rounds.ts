/**
 * Measures taken in turn: A B C A B C …, so that a machine that grows slower or faster meanwhile does so for
 * all of them, and each ratio is between neighbours. A round in which somebody else took the machine is repeated,
 * whatever it had measured; when there is no end to it, the last rounds count all the same and the notes say so.
 */
import { meter, untilCalm } from './disturbance.ts';

const disturbedAbove = 0.15;
/** Milliseconds to wait for the machine before each measure. */
const patience = 20_000;

type Measures = Readonly<Record<string, () => Promise<unknown>>>;

export interface Taken<M extends Measures> {
  readonly values: { readonly [Name in keyof M]: readonly Awaited<ReturnType<M[Name]>>[] };
  readonly notes: readonly string[];
}

export async function rounds<M extends Measures>(
  count: number,
  measures: M,
  told: (line: string) => void,
): Promise<Taken<M>> {
  const values: Record<string, unknown[]> = Object.fromEntries(
    Object.keys(measures).map((name) => [name, []]),
  );
  let repeats = count;
  let counted = 0;
  for (let round = 1; round <= count; ) {
    const taken: [string, unknown][] = [];
    let worst = 0;
    for (const [name, measure] of Object.entries(measures)) {
      await untilCalm(patience);
      const others = await meter();
      const value = await measure();
      const share = await others.end();
      worst = Math.max(worst, share);
      taken.push([name, value]);
      told(`round ${round} of ${count}, ${name}: ${JSON.stringify(value)}, others took ${percent(share)}`);
    }
    if (worst > disturbedAbove && repeats-- > 0) {
      told(`round ${round} is repeated: others took up to ${percent(worst)} of the machine`);
      continue;
    }
    if (worst > disturbedAbove) counted++;
    for (const [name, value] of taken) values[name]?.push(value);
    round++;
  }
  const repeated = count - Math.max(repeats, 0);
  const notes = [
    ...(repeated > 0 ? [`${repeated} rounds were repeated, since others took the machine meanwhile.`] : []),
    ...(counted > 0
      ? [`In ${counted} of ${count} rounds others took more than ${percent(disturbedAbove)} of the machine.`]
      : []),
  ];
  return { values: values as Taken<M>['values'], notes };
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
