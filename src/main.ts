#!/usr/bin/env node
/** From the process to the command line and back. The only place that reads `process` and ends it. */
import { readFileSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './cli/run.ts';
import { commandContext } from './daemon/command-context.ts';

// Halves what loading the program takes; a place that cannot be written is only slower.
enableCompileCache();

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

// A command that only waits has nothing else that keeps the process: deadlines do not.
const alive = setInterval(() => {}, 60_000);
process.exitCode = await run(process.argv.slice(2), commandContext({ process, version, root }));
clearInterval(alive);
// Whatever a library still holds open must not keep a finished command alive.
process.exit();
