import type { SessionId } from '../session/id.ts';
import { readJournals } from './journal.ts';
import { replay } from './replay.ts';
import type { SwapTools } from './tools.ts';

/**
 * Ends a restore of this session that the replay at the start could not end: nothing may be launched on a profile that
 * a journal still speaks of. False when there was none. Throws what keeps it from its end.
 */
export async function finishRestore(session: SessionId, tools: SwapTools): Promise<boolean> {
  let finished = false;
  for (const found of await readJournals(tools.layout)) {
    if (found.session !== session) continue;
    await replay(found, tools);
    finished = true;
  }
  return finished;
}
