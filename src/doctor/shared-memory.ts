import { statfs } from 'node:fs/promises';
import { roundBytes } from '../wording/bytes.ts';
import { good } from '../wording/finding.ts';
import type { Check } from './context.ts';

/** Nothing to mend: Puppeteer starts browsers so that they do without it. Said, since people look for it. */
export const sharedMemoryCheck: Check = {
  name: '/dev/shm',
  async run() {
    // 64 MB in a plain container.
    const found = await statfs('/dev/shm').then(
      ({ blocks, bsize }) => roundBytes(blocks * bsize),
      () => 'there is none',
    );
    return [
      good('/dev/shm', `${found}; browsers keep their shared memory in the temporary directory instead`),
    ];
  },
};
