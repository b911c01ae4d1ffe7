import { isAbsolute, join } from 'node:path';
import { isExecutable } from './runnable.ts';

const names = ['google-chrome-stable', 'google-chrome', 'chromium', 'chromium-browser'];

/** Where packages put browsers that a bare PATH (cron, systemd) may lack. */
const usualPlaces = ['/usr/local/bin', '/usr/bin', '/opt/google/chrome', '/snap/bin'];

/** Chrome before Chromium, and each in the order of PATH. */
export async function systemBrowsers(
  path: string,
  places: readonly string[] = usualPlaces,
): Promise<{ found: string[]; looked: string }> {
  const directories = [...new Set([...path.split(':').filter(isAbsolute), ...places])];
  const found: string[] = [];
  for (const name of names) {
    for (const directory of directories) {
      const file = join(directory, name);
      if (await isExecutable(file)) found.push(file);
    }
  }
  return { found, looked: `${names.join(', ')} in ${directories.join(', ')}` };
}
