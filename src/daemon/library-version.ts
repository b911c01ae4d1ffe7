/** The version of the whatsapp-web.js that hosts will load, without loading it. */
import { readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Null where nobody can say. `library` is `VIGIL_WWEBJS`; null for the one that is shipped. */
export async function libraryVersion(library: string | null): Promise<string | null> {
  const candidates =
    library === null
      ? [manifestOf('whatsapp-web.js', import.meta.url)]
      : [join(library, 'package.json'), manifestOf(pathToFileURL(library))];
  for (const path of candidates) {
    const version = path === null ? null : await versionIn(path);
    if (version !== null) return version;
  }
  return null;
}

function manifestOf(specifier: string | URL, base?: string): string | null {
  try {
    return findPackageJSON(specifier, base) ?? null;
  } catch {
    return null;
  }
}

async function versionIn(path: string): Promise<string | null> {
  try {
    const { version } = JSON.parse(await readFile(path, 'utf8')) as { readonly version?: unknown };
    return typeof version === 'string' ? version : null;
  } catch {
    return null;
  }
}
