/**
 * Where an upload lies before it has its name. Storage checks whether a name is free before it reads the bytes, and
 * writes the row after them: of two that upload under one name both succeed, and the later bytes stay. Moving a whole
 * upload onto its name happens once and only once.
 *
 * The colon is allowed in a key and in no name of the port: nothing here is ever taken for an object.
 */
import { randomBytes } from 'node:crypto';
import type { Clock } from '../../system/clock.ts';
import { compactUtc } from '../../system/timestamp.ts';

export const uploadFolder = 'uploads';
const pattern = /^put:\d{8}T\d{6}Z-[0-9a-f]{24}$/;

/** Milliseconds after which whoever uploaded it is taken for dead. */
const abandonedAfter = 86_400_000;

export function temporaryKey(clock: Clock): string {
  return `${uploadFolder}/put:${compactUtc(clock.now())}-${randomBytes(12).toString('hex')}`;
}

export interface Upload {
  /** Below the folder. */
  readonly name: string;
  /** ISO, by the server's clock. */
  readonly createdAt: string;
}

/** The keys of those that nobody will move any more. What is not one of ours is left alone. */
export function abandoned(uploads: readonly Upload[], now: number): string[] {
  return uploads
    .filter(({ name, createdAt }) => pattern.test(name) && Date.parse(createdAt) < now - abandonedAfter)
    .map(({ name }) => `${uploadFolder}/${name}`);
}
