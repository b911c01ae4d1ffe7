/** Prints the path of the browser that tests use; `vigil test` calls it. Downloads nothing. */
import { findChromium } from '../src/chromium/find.ts';
import { toVigilError } from '../src/errors.ts';
import { systemClock } from '../src/system/clock.ts';

const cache = process.argv[2];
if (cache === undefined) throw new Error('usage: find-browser.ts <cache directory>');

try {
  const found = await findChromium({
    setting: process.env['PUPPETEER_EXECUTABLE_PATH'] ?? null,
    env: process.env,
    caches: [cache],
    download: false,
    clock: systemClock,
    report: (line) => console.error(`vigil: ${line}`),
  });
  console.log(found.path);
} catch (thrown) {
  const error = toVigilError(thrown);
  console.error(`vigil: ${error.message}\n${error.remedy}`);
  process.exitCode = error.exit;
}
