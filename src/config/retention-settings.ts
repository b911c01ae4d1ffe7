/** The settings of what is kept: backups, and how much of the volume they may take. */
import { duration, integer } from './parsers.ts';
import { setting } from './setting.ts';
import { share } from './share.ts';

const day = 86_400_000;
const megabyte = 1024 ** 2;

export const retentionSettings = {
  backupKeep: setting({
    env: 'VIGIL_BACKUP_KEEP',
    parser: duration({ min: day, max: 3_650 * day }),
    default: '30d',
    section: 'backup',
    description:
      'How long every backup of a session stays. Older ones are removed after a good new one, but for those that the next two settings keep. The newest good one is never removed, however old.',
  }),
  backupKeepLast: setting({
    env: 'VIGIL_BACKUP_KEEP_LAST',
    parser: integer({ min: 1, max: 1_000 }),
    default: '3',
    section: 'backup',
    description: 'How many of the newest good backups of a session stay, however old.',
  }),
  backupKeepWeekly: setting({
    env: 'VIGIL_BACKUP_KEEP_WEEKLY',
    parser: integer({ min: 0, max: 520 }),
    default: '4',
    section: 'backup',
    description:
      'Of so many of the latest weeks that have good backups of a session, the newest one of each stays, however old.',
  }),
  vaultMax: setting({
    env: 'VIGIL_VAULT_MAX',
    parser: share({ min: 10 * megabyte, max: 1024 ** 5 }),
    default: '25%',
    section: 'backup',
    description:
      'How much the vault may hold where it lies on the volume itself, in bytes or percent of the volume. Beyond that the oldest backups of all sessions go first; the two newest good ones of each session stay, even where those do not fit. `vigil doctor` says how much of it is used.',
  }),
} as const;
