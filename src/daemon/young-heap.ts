import { setFlagsFromString } from 'node:v8';

/**
 * Keeps the part of the heap for new objects at its first size instead of letting it grow to 128 MB. Measured with 500
 * sessions: a peak of 132 MB instead of 233, and no more CPU time. To be called before much was allocated; a setting of
 * the process itself, since it is started by a script, by npx and by an image alike.
 */
export function keepYoungHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}
