/** The same for several sessions, one after the other; a failure of one is no reason to leave out the next. */
import { toVigilError, type VigilError } from '../errors.ts';
import type { SessionId } from '../session/id.ts';

export type Attempt<Result> =
  | { readonly session: SessionId; readonly result: Result; readonly error: null }
  | { readonly session: SessionId; readonly result: null; readonly error: VigilError };

export interface Attempts<Result> {
  readonly attempts: readonly Attempt<Result>[];
  /** Ctrl-C came before the last one was done. */
  readonly interrupted: boolean;
}

/** `work` resolves with null when it was interrupted. */
export async function oneByOne<Result>(
  sessions: readonly SessionId[],
  work: (session: SessionId) => Promise<Result | null>,
): Promise<Attempts<Result>> {
  const attempts: Attempt<Result>[] = [];
  for (const session of sessions) {
    try {
      const result = await work(session);
      if (result === null) return { attempts, interrupted: true };
      attempts.push({ session, result, error: null });
    } catch (thrown) {
      attempts.push({ session, result: null, error: toVigilError(thrown) });
    }
  }
  return { attempts, interrupted: false };
}
