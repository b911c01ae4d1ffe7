import { dirname } from 'node:path';
import { tryToWrite } from '../volume/try-to-write.ts';
import { roundBytes } from '../wording/bytes.ts';
import { bad, good } from '../wording/finding.ts';
import type { Check } from './context.ts';
import { isDirectory } from './scratch.ts';

export const vaultCheck: Check = {
  name: 'vault',
  async run({ settings, layout, disk }) {
    const { path } = settings.vault;
    // What is wrong with the volume itself, its own check says.
    const where = path === layout.vault ? `${path}, on the volume and lost together with it` : path;
    if (await isDirectory(path)) {
      await tryToWrite(path, disk);
      return [good('vault', `${where}, writable, ${roundBytes(await disk.freeBytes(path))} free`)];
    }
    if (path === layout.vault || (await isDirectory(dirname(path))))
      return [good('vault', `${where}; it is created with the first backup`)];
    const remedy = 'Mount what belongs there, create the directory, or correct VIGIL_VAULT.';
    return [bad('vault', `${path} is no directory, and neither is ${dirname(path)}`, remedy)];
  },
};
