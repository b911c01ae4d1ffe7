/** The order of the files: a long one that starts last is waited for by itself, so the long ones start first. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** A clean clone has no times of an earlier run, and the length of a file says little. Longest first, as on two cores. */
const long = [
  'e2e/shutdown',
  'e2e/kills',
  'e2e/documents',
  'e2e/ladder',
  'e2e/bots',
  'e2e/backups',
  'e2e/demo',
  'e2e/image',
  'integration/whatsapp-web-running',
  'e2e/sealing',
  'contracts/engine',
  'integration/whatsapp-web-faults',
  'e2e/strangers',
  'e2e/logout',
  'e2e/browser-pairing',
  'e2e/six-sessions',
].map((name) => `/test/${name}.test.ts`);

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    // Stable: the rest stays as it was, and groups stay one after the other.
    return sorted.sort((a, b) => group(a) - group(b) || place(a) - place(b));
  }
}

function group({ project }: TestSpecification): number {
  return project.config.sequence.groupOrder;
}

function place({ moduleId }: TestSpecification): number {
  const found = long.findIndex((end) => moduleId.endsWith(end));
  return found === -1 ? long.length : found;
}
