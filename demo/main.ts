/**
 * `./vigil demo`: wa-vigil beside a bare whatsapp-web.js program. The script of the checkout names the browser in
 * PUPPETEER_EXECUTABLE_PATH.
 *
 * Exit codes: 0; 1 when wa-vigil did not come back from something or a QR was needed; 2 for arguments that cannot be
 * read; 130 for an `--auto` that was cut off.
 */
import { optionsOf, usage } from './options.ts';
import { runDemo } from './run-demo.ts';

const { stdin, stdout, stderr, env } = process;
const options = optionsOf(process.argv.slice(2));
const executable = env['PUPPETEER_EXECUTABLE_PATH'];

if (options === null) stdout.write(usage);
else if (typeof options === 'string') {
  stderr.write(`vigil demo: ${options}\n\n${usage}`);
  process.exitCode = 2;
} else if (!executable) {
  stderr.write('vigil demo: no browser is named. Run `./vigil demo`, which finds one.\n');
  process.exitCode = 1;
} else process.exitCode = await runDemo(options, executable, { stdin, stdout, stderr, env });
// Whatever is still open must not keep a finished demo alive.
process.exit();
