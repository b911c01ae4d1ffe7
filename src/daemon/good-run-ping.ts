/** Tells an address of the operator's choice that a run was good; silence is what raises the alarm there. */
import { toVigilError } from '../errors.ts';
import { registerSecret } from '../log/secrets.ts';
import type { Logger } from '../log.ts';
import type { Clock } from '../system/clock.ts';
import { alarm } from '../system/deadline.ts';

export interface GoodRunPing {
  /** Whoever knows it can keep the alarm silent. */
  readonly url: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly fetch: typeof fetch;
}

const deadline = 10_000;
/** Milliseconds before each further try: a network that is away for a moment is no bad night. */
const pauses = [30_000, 5 * 60_000];

/** Never throws: a good run stays one. */
export async function pingGoodRun({ url, clock, log, fetch }: GoodRunPing): Promise<void> {
  registerSecret(url);
  const { host } = new URL(url);
  for (const pause of [...pauses, null]) {
    const problem = await pinged(url, clock, fetch);
    if (problem === null) {
      log.info({ host }, 'The good run was told');
      return;
    }
    log.warn({ host, problem }, 'The good run could not be told');
    if (pause !== null) await clock.sleep(pause);
  }
}

/** What went wrong; null when nothing did. Never the address. */
async function pinged(url: string, clock: Clock, get: typeof fetch): Promise<string | null> {
  const patience = alarm(clock, deadline, 'The ping');
  try {
    const answer = await get(url, { signal: patience.signal, redirect: 'manual' });
    await answer.body?.cancel();
    return answer.ok ? null : `it answered ${answer.status}`;
  } catch (thrown) {
    const cause = thrown instanceof Error && thrown.cause instanceof Error ? thrown.cause : thrown;
    return toVigilError(cause).message.replaceAll(url, '[secret]');
  } finally {
    patience.cancel();
  }
}
