/** Something long, watched until it is done. */
import type { Progress as WorkProgress } from '../session/ports.ts';
import type { Work } from '../supervisor/backup-operations.ts';
import { roundBytes } from '../wording/bytes.ts';
import { stepWords } from '../wording/step-words.ts';
import { printable } from './printable.ts';
import type { Progress } from './progress.ts';

export interface Watched {
  /** `Backing up main`. */
  readonly doing: string;
  readonly progress: Progress;
  /** The one that the work was given. */
  readonly interrupted: AbortSignal;
}

/** Its result; null where Ctrl-C ended it, or the watching of it. */
export async function carryOut<Result>(
  work: Work<Result>,
  { doing, progress, interrupted }: Watched,
): Promise<Result | null> {
  progress.say(`${doing} …`);
  try {
    for await (const news of work) {
      if ('result' in news) return news.result;
      sayProgress(progress, doing, news.progress);
    }
    return null;
  } catch (thrown) {
    // What breaks off may say so by throwing.
    if (interrupted.aborted) return null;
    throw thrown;
  } finally {
    progress.end();
  }
}

export function sayProgress(progress: Progress, doing: string, { step, done, total }: WorkProgress): void {
  const amount = done === null ? null : { done, total, format: roundBytes };
  progress.say(`${doing}: ${printable(stepWords(step))} …`, amount);
}
