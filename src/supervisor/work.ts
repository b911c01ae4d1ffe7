import type { Progress } from '../session/ports.ts';
import type { Session } from '../session/session.ts';
import type { Step } from './backup-operations.ts';

/**
 * Something long as it is asked for: begins when it is first looked at, tells its newest progress whenever that is
 * asked for, then its result. Whoever stops looking does not stop the work; its signal does.
 */
export async function* worked<T>(
  begin: (progress: (progress: Progress) => void) => Promise<T>,
): AsyncGenerator<Step<T>> {
  let newest: Progress | null = null;
  let wake = () => {};
  const outcome = begin((progress) => {
    newest = progress;
    wake();
  }).then(
    (result) => ({ result }),
    (error: unknown) => ({ error }),
  );
  let over = false;
  void outcome.then(() => {
    over = true;
    wake();
  });
  while (!over) {
    const progress: Progress | null = newest;
    newest = null;
    if (progress) yield { progress };
    else await new Promise<void>((resolve) => (wake = resolve));
  }
  const ended = await outcome;
  if ('error' in ended) throw ended.error;
  yield ended;
}

/** What the session tells of its progress meanwhile. */
export async function telling<T>(
  session: Session,
  tell: (progress: Progress) => void,
  work: () => Promise<T>,
): Promise<T> {
  const unsubscribe = session.onNotice((notice) => {
    if (notice.event === 'progress') tell({ step: notice.step, done: notice.done, total: notice.total });
  });
  try {
    return await work();
  } finally {
    unsubscribe();
  }
}
