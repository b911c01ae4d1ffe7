/**
 * `vigil` as a document's commands find it: the program itself. A daemon is ended as by Ctrl-C once each session that
 * it started is online; what it said is in `vigil.log`.
 */
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const entry = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const [verb = '', ...rest] = process.argv.slice(2);
const runsOn = verb === 'up' || verb === 'serve';
const child = spawn(process.execPath, [entry, verb, ...rest], {
  stdio: ['inherit', runsOn ? 'pipe' : 'inherit', 'inherit'],
});

/** For a session that does not come online: whoever typed it would have given up, too. */
const patience = 60_000;
let gaveUp = false;
const deadline = setTimeout(() => {
  gaveUp = true;
  child.kill('SIGINT');
}, patience);
if (!runsOn) clearTimeout(deadline);

const starting = new Set();
let told = '';
child.stdout?.setEncoding('utf8').on('data', (text) => {
  appendFileSync('vigil.log', text);
  const lines = (told + text).split('\n');
  told = lines.pop() ?? '';
  for (const line of lines) {
    const { session, to } = parsed(line);
    if (to === 'claiming') starting.add(session);
    if (to !== 'online') continue;
    starting.delete(session);
    if (starting.size === 0) child.kill('SIGINT');
  }
});
child.once('close', (code, signal) => {
  clearTimeout(deadline);
  if (gaveUp) console.error(`No session was online within ${patience / 1_000} s.`);
  process.exitCode = gaveUp ? 1 : (code ?? (signal === 'SIGINT' ? 130 : 1));
});

function parsed(line) {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}
