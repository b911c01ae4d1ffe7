/** Which Chromium wrote a profile last. An older one may drop what a newer one wrote, so that it must not open it. */
import { join } from 'node:path';
import { readSmallFile } from '../../leveldb/regular-file.ts';

/** Of `Last Version` in the profile, as `156.0.8078.79`; null where there is none that can be read. */
export async function lastVersion(profile: string, signal: AbortSignal): Promise<string | null> {
  const text = await readSmallFile(join(profile, 'Last Version'), 64, signal).then(
    (bytes) => bytes.toString('latin1').trim(),
    () => null,
  );
  signal.throwIfAborted();
  return text !== null && /^\d{1,6}(?:\.\d{1,6}){0,3}$/.test(text) ? text : null;
}

/** The version that wrote the profile, when its first number is above the browser's; null when it may be opened. */
export async function newerBrowser(
  profile: string,
  browser: string,
  signal: AbortSignal,
): Promise<string | null> {
  const wrote = await lastVersion(profile, signal);
  const ours = /\d+/.exec(browser)?.[0];
  if (wrote === null || ours === undefined) return null;
  return Number.parseInt(wrote, 10) > Number(ours) ? wrote : null;
}
