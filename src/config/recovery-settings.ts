/** What is said once, by the person who brings an installation back. */
import { oneOf } from './parsers.ts';
import { setting } from './setting.ts';

export const recoverySettings = {
  takeOver: setting({
    env: 'VIGIL_TAKE_OVER',
    flag: '--take-over',
    parser: oneOf('0', '1'),
    default: '0',
    section: 'backup',
    description:
      'Whether a vault that belongs to another installation is taken over at the start, with the sessions whose backups it holds. For one start, after the other installation was stopped for good: two that run the same sessions throw each other out.',
  }),
} as const;
