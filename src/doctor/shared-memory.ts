import { sharedMemorySize } from '../chromium/shared-memory.ts';
import { roundBytes } from '../config/bytes.ts';
import type { Check } from './context.ts';
import { good } from './finding.ts';

/** Nothing to mend: browsers are started so that they do without it. Said, since people look for it. */
export const sharedMemoryCheck: Check = {
  name: '/dev/shm',
  async run() {
    const size = await sharedMemorySize();
    const found = size === null ? 'there is none' : roundBytes(size);
    return [
      good('/dev/shm', `${found}; browsers keep their shared memory in the temporary directory instead`),
    ];
  },
};
