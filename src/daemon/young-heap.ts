import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the part of the heap for new objects at the size that it has instead of letting it grow to 128 MB. Measured with
 * 500 sessions: a peak of 188 MB instead of 233, and no more CPU time. To be called once the program is loaded, which
 * goes faster with more room, and before it has run for long. A setting of the process itself, since it is started by a
 * script, by npx and by an image alike.
 */
export function keepYoungHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
