import { bad, type Finding, good, warning } from '../wording/finding.ts';
import type { Check } from './context.ts';

/** What backups are encrypted with, and whether those that are there could be opened. */
export const encryptionCheck: Check = {
  name: 'encryption',
  async run(context, signal) {
    // Keys that cannot be used are a finding by what they throw.
    const { sealsFor, opens, foreign } = await context.encryption(signal);
    return [now(sealsFor, opens), ...foreign.map((problem) => bad('encryption', problem, mendForeign))];
  },
};

function now(sealsFor: readonly string[] | null, opens: readonly string[]): Finding {
  if (sealsFor === null)
    return good(
      'encryption',
      opens.length === 0
        ? 'backups are written plain'
        : `backups are written plain; older ones open with ${opens.join(', ')}`,
    );
  if (!sealsFor.some((key) => opens.includes(key)))
    return warning(
      'encryption',
      `backups are encrypted for ${sealsFor.join(', ')}, and nothing here opens them`,
      mendBlind,
    );
  return good('encryption', `backups are encrypted for ${sealsFor.join(', ')}, and open here`);
}

const mendBlind =
  'No session is brought back from a backup by itself. Set VIGIL_BACKUP_IDENTITY, unless that is what you want.';
const mendForeign =
  'Set the key that they were made with beside the present one: VIGIL_BACKUP_IDENTITY takes several, VIGIL_BACKUP_OLD_PASSPHRASE the passphrase before.';
