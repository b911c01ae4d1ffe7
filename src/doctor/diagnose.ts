/**
 * `vigil doctor`: every check at the same time, each under a deadline, since the thing that hangs (a dead
 * network disk, a browser that never answers) is often the very fault that is looked for.
 */
import { toVigilError } from '../errors.ts';
import { bad, type Finding } from '../wording/finding.ts';
import { backupsCheck } from './backups.ts';
import { botCheck } from './bot.ts';
import { browserCheck } from './browser.ts';
import { capacityCheck } from './capacity.ts';
import { clockCheck } from './clock.ts';
import type { Check, DoctorContext } from './context.ts';
import { drainCheck } from './drain.ts';
import { encryptionCheck } from './encryption.ts';
import { librariesCheck } from './libraries.ts';
import { registryCheck } from './registry.ts';
import { sharedMemoryCheck } from './shared-memory.ts';
import { vaultCheck } from './vault.ts';
import { lockCheck, volumeCheck } from './volume.ts';

const checks: readonly Check[] = [
  librariesCheck,
  browserCheck,
  botCheck,
  volumeCheck,
  lockCheck,
  vaultCheck,
  encryptionCheck,
  registryCheck,
  backupsCheck,
  capacityCheck,
  sharedMemoryCheck,
  clockCheck,
  drainCheck,
];

/** Milliseconds for each; a browser that has to be tried three times is the slowest. */
const deadline = 40_000;

/** In a fixed order. Never rejects. */
export async function diagnose(context: DoctorContext, which: readonly Check[] = checks): Promise<Finding[]> {
  return (await Promise.all(which.map((check) => examine(check, context)))).flat();
}

async function examine(check: Check, context: DoctorContext): Promise<readonly Finding[]> {
  const aborted = new AbortController();
  let timer = { cancel() {} };
  const late = new Promise<readonly Finding[]>((resolve) => {
    timer = context.clock.setTimer(deadline, () => {
      aborted.abort();
      const remedy = 'Whatever it looks at does not answer: look at the disk or the browser that is set.';
      resolve([bad(check.name, `no answer within ${deadline / 1_000} s`, remedy)]);
    });
  });
  try {
    return await Promise.race([(async () => check.run(context, aborted.signal))(), late]);
  } catch (thrown) {
    const error = toVigilError(thrown);
    return [bad(check.name, error.message, error.remedy)];
  } finally {
    timer.cancel();
  }
}
