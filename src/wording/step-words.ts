/** How the steps of something long are said to people. */
import type { WorkStep } from '../session/ports.ts';

const words: Readonly<Record<WorkStep, string>> = {
  look: 'looking at the profile',
  copy: 'copying it',
  verify: 'verifying',
  archive: 'archiving',
  put: 'putting it into the vault',
  'read-back': 'reading it back',
  download: 'fetching it from the vault',
  unpack: 'unpacking',
  open: 'opening it in a browser without a network',
  erase: 'stopping and erasing',
};

/** The middle of a sentence; a step of another version's daemon is shown as it is. */
export function stepWords(step: string): string {
  return Object.hasOwn(words, step) ? words[step as WorkStep] : step;
}
