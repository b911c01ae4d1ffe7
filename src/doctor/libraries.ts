import { readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { toVigilError } from '../errors.ts';
import { bad, type Finding, good, warning } from '../wording/finding.ts';
import type { Check } from './context.ts';

interface Manifest {
  readonly name?: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

const read = async (path: string): Promise<Manifest> => JSON.parse(await readFile(path, 'utf8'));

/** Node, whatsapp-web.js and the Puppeteer that it gets, which must be the very one it was made for. */
export const librariesCheck: Check = {
  name: 'libraries',
  async run({ settings, requireLibrary }, signal) {
    const library = await libraryManifest(settings.library);
    const [manifest, ...others] = await libraries(library, settings.library);
    const unusable = await requireLibrary(signal).then(
      () => null,
      (thrown: unknown) => toVigilError(thrown),
    );
    const own = unusable && bad('whatsapp-web.js', unusable.message, unusable.remedy);
    return [node(process.versions.node), ...(own ? [own] : manifest ? [manifest] : []), ...others];
  },
};

export function node(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 22 || (major === 22 && minor < 18)) return bad('node', version, 'Install Node 24.');
  return major % 2 === 1
    ? warning('node', `${version}, which gets no long-term support`, 'Install Node 24.')
    : good('node', version);
}

async function libraryManifest(setting: string | null): Promise<string | null> {
  if (setting === null) return findPackageJSON('whatsapp-web.js', import.meta.url) ?? null;
  const own = join(setting, 'package.json');
  return (await read(own).catch(() => null)) ? own : (findPackageJSON(pathToFileURL(setting)) ?? null);
}

async function libraries(manifest: string | null, setting: string | null): Promise<Finding[]> {
  const name = 'whatsapp-web.js';
  const remedy = setting === null ? 'Install again (npm ci).' : 'Correct VIGIL_WWEBJS, or remove it.';
  const own = manifest === null ? null : await read(manifest).catch(() => null);
  if (manifest === null || own === null)
    return [bad(name, setting === null ? 'not installed' : `there is none at ${setting}`, remedy)];
  const { version, dependencies } = own;
  const found = good(name, setting === null ? version : `${version} at ${setting} (VIGIL_WWEBJS)`);
  const wanted = dependencies?.['puppeteer'];
  const puppeteer = resolvePuppeteer(manifest);
  if (puppeteer === null) return [found, bad('puppeteer', 'not installed', remedy)];
  const { version: installed } = await read(puppeteer);
  if (wanted !== undefined && /^\d/.test(wanted) && wanted !== installed) {
    return [
      found,
      bad(
        'puppeteer',
        `${installed}, and ${name} ${version} is made for ${wanted}`,
        `Install puppeteer ${wanted}: another one may leave browsers running.`,
      ),
    ];
  }
  return [found, good('puppeteer', installed)];
}

function resolvePuppeteer(from: string): string | null {
  try {
    return findPackageJSON('puppeteer', pathToFileURL(from)) ?? null;
  } catch {
    return null;
  }
}
