/**
 * A daemon on an empty volume whose vault others may reach: what the vault holds comes back by itself where nobody else
 * owns it. Until that is known no session is started or made: a QR that is shown because a vault did not answer would cost
 * the login that lies in it, and another installation's sessions run elsewhere.
 */
import { toVigilError } from '../errors.ts';
import type { SessionId } from '../session/id.ts';
import { newRecord } from '../session/record.ts';
import type { BootOptions } from './boot-options.ts';
import type { ReadRecords } from './boot-records.ts';
import type { Runtime } from './runtime.ts';

/** Milliseconds until a vault that did not answer is asked again, and until one that another owns is. */
const askAgain = { unanswered: 60_000, owned: 3_600_000 };

/** Nothing on it says that there ever was a session. */
export async function isEmptyVolume(
  { registry, findProfiles }: Pick<Runtime, 'registry' | 'findProfiles'>,
  read: ReadRecords,
  signal: AbortSignal,
): Promise<boolean> {
  if (read.records.length > 0 || read.damaged.length > 0) return false;
  if ((await registry.sessions().catch(() => [])).length > 0) return false;
  return (await findProfiles(new Set(), signal)).adopted.length === 0;
}

/**
 * Sessions that the settings ask for and of which the volume has nothing at all: new ones, or what was lost with a part of a
 * volume. The vault knows which.
 */
export async function missingOf(
  { registry, findProfiles }: Pick<Runtime, 'registry' | 'findProfiles'>,
  { records, damaged }: ReadRecords,
  named: readonly SessionId[],
  signal: AbortSignal,
): Promise<readonly SessionId[]> {
  const known = new Set([...records, ...damaged].map(({ id }) => id));
  if (named.every((id) => known.has(id))) return [];
  for (const { id } of await registry.sessions().catch(() => [])) known.add(id);
  for (const { record } of (await findProfiles(known, signal)).adopted) known.add(record.id);
  return named.filter((id) => !known.has(id));
}

/**
 * Asks until it is known, or until a person has said what there is to be. Ends early when the signal aborts.
 *
 * @param only sessions of which nothing else is known; null for all that the vault holds
 */
export async function awaitRecovery(
  runtime: Runtime,
  options: BootOptions,
  only: readonly SessionId[] | null,
): Promise<void> {
  const { supervisor } = runtime;
  const { clock, signal, log } = options;
  const before = supervisor.size;
  while (!signal.aborted) {
    const missing = only?.filter((id) => !supervisor.has(id)) ?? null;
    if (missing?.length === 0) return;
    const wait = await recoverOnce(runtime, options, missing).catch(() => null);
    if (wait === null) return;
    await clock.sleep(wait, signal).catch(() => {});
    if (!signal.aborted && only === null && supervisor.size > before) {
      log.info({ sessions: supervisor.size }, 'What there is to be was said meanwhile');
      supervisor.adopt([], { start: true });
      return;
    }
  }
}

/** Null when it is known, else the milliseconds until it is worth asking again. With `first` where there is no session at all. */
async function recoverOnce(
  { recovery, records, supervisor }: Runtime,
  { settings, clock, log, first, signal }: BootOptions,
  only: readonly SessionId[] | null,
): Promise<number | null> {
  const which = only === null ? 'The volume is empty' : `The volume has nothing of ${only.join(', ')}`;
  try {
    const takeOver = settings.takeOver === '1';
    const back = await recovery.carryOut({ only, agreed: false }, takeOver, signal);
    for (const { session, guessed } of back.plan.sessions)
      if (guessed)
        log.warn(
          { session },
          `A session is known by its backups alone, so nobody knows whether it was wanted: \`vigil start ${session}\` starts it`,
        );
    const made = supervisor.size === 0 && first !== null ? [newRecord(first, clock.now())] : [];
    for (const record of made) await records.write(record);
    supervisor.adopt(made, { start: true });
    return null;
  } catch (thrown) {
    signal.throwIfAborted();
    const err = toVigilError(thrown);
    if (err.code === 'vault_owned') {
      log.error(
        { err },
        `${which}, and the vault belongs to another installation: no session is brought back or made`,
      );
      return askAgain.owned;
    }
    log.error({ err }, `${which}, and nobody knows what the vault holds: no session is made yet`);
    return askAgain.unanswered;
  }
}
