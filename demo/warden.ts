/**
 * Clears the stage when the demo has ended, however it did: a `kill -9` closes the pipe to here like any other end.
 *
 * Arguments: the scratch directory. Standard input: `screen` when the demo has taken the terminal over, `plain` when
 * it has given it back. Standard output: that terminal, if any.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { killAll } from './processes.ts';
import { leaveScreen } from './terminal.ts';

const killsWithin = 15_000;

const [scratch] = process.argv.slice(2);
if (scratch === undefined) throw new Error('usage: warden.ts <scratch directory>');
// Signals for the group of the demo are not for here.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

const words = (await text(process.stdin)).trim().split('\n');
// How keys are read is for the shell, which has the terminal by now and sets that for itself.
if (words.at(-1) === 'screen') process.stdout.write(leaveScreen);
await killAll(join(scratch, 'tmp'), killsWithin);
await rm(scratch, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
