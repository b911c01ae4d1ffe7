/**
 * Asks at the start whose the vault is, before any session starts: what another installation may run by now is not to be
 * started first and looked at afterwards. Not for long, since a vault that does not answer keeps no session from starting.
 */
import { toVigilError } from '../errors.ts';
import { within } from '../system/deadline.ts';
import type { BootOptions } from './boot-options.ts';
import type { Runtime } from './runtime.ts';

/** Milliseconds. */
const patience = 10_000;

/**
 * Resolves when it is known, when it cannot be, or when it takes too long; it is asked on then. Never rejects. An empty volume
 * has nothing that could run elsewhere: there a recovery asks, and it needs the vault itself.
 */
export async function askVault(
  { owner, standDown, supervisor, watchVault }: Runtime,
  { settings, clock, log, signal }: BootOptions,
): Promise<void> {
  const ask = () => (settings.takeOver === '1' ? owner?.takeOver(signal) : owner?.begin(signal));
  const first = supervisor.size === 0 ? null : (ask() ?? null);
  const error = Promise.resolve(first).then(() => null, toVigilError);
  void error
    // Only then is a directory there that is made with the first thing in it.
    .then(() => watchVault(signal))
    .then(async () => {
      const unanswered = await error;
      if (unanswered && unanswered.code !== 'vault_owned' && !signal.aborted) await ask();
    })
    // What it comes to is told to whoever listens.
    .catch(() => {});
  owner?.keep();
  const acted = error.then(() => standDown?.settled());
  await within(clock, patience, 'Asking whose the vault is', acted, signal).catch((error) => {
    if (!signal.aborted)
      log.warn({ err: toVigilError(error) }, 'Nobody can say yet whose the vault is; sessions start');
  });
}
