/**
 * What stands in for the base image: this machine's own `/usr`, `/etc` and `/var`, below the Node that runs the tests
 * and, where the machine has none, stand-ins for Debian's packages. `apt-get` only says whether it would install.
 */
import { spawnSync } from 'node:child_process';
import { constants, existsSync, lstatSync, readlinkSync, realpathSync } from 'node:fs';
import { chmod, copyFile, cp, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { findChromium } from '../simulator/test-browser.ts';
import { lent, type Mount, standardPath } from './image.ts';
import { quoted } from './namespaces.ts';

export interface Base {
  readonly directory: string;
  /** What the stand-ins need to see. */
  readonly mounts: readonly Mount[];
  /** Links at the root, as this machine has them: `/bin` → `usr/bin`. */
  readonly linked: readonly (readonly [name: string, target: string])[];
  /** What was not there and is stood in for, for people. */
  readonly standIns: readonly string[];
}

/** Only says what it would do, and so whether each package exists. Lists that were never fetched say nothing. */
const simulatedApt = `#!/bin/sh
case $1 in
update) exit 0 ;;
install)
  if [ ! -x /usr/bin/apt-get ] || ! ls /var/lib/apt/lists/*Packages* >/dev/null 2>&1; then
    echo "apt-get: there are no package lists here, so nothing is known of: $*" >&2
    exit 0
  fi
  exec /usr/bin/apt-get --simulate "$@" ;;
*) echo "apt-get: $1 is not known here" >&2; exit 100 ;;
esac
`;

/** Passes SIGTERM on and returns the exit code, but reaps nobody. */
const plainInit = `#!/bin/sh
while [ "\${1#-}" != "$1" ]; do shift; done
"$@" &
child=$!
trap 'kill -TERM "$child"' TERM INT
wait "$child"
code=$?
[ "$code" -le 128 ] || { wait "$child"; code=$?; }
exit "$code"
`;

export async function makeBase(directory: string): Promise<Base> {
  for (const name of lent) await mkdir(join(directory, name), { recursive: true });
  const mounts: Mount[] = [];
  const standIns: string[] = ['apt-get (it simulates)'];
  const local = join(directory, 'usr/local/bin');
  await mkdir(local, { recursive: true });
  await copyFile(process.execPath, join(local, 'node'), constants.COPYFILE_FICLONE);
  await chmod(join(local, 'node'), 0o755);
  await program(join(local, 'npm'), `#!/bin/sh\nexec node ${quoted(await npmIn(directory))} "$@"\n`);
  await program(join(local, 'apt-get'), simulatedApt);
  if (!existsSync('/usr/bin/tini')) {
    await program(join(directory, 'usr/bin/tini'), plainInit);
    standIns.push('tini (a shell script: there is no /usr/bin/tini; apt-get install tini)');
  }
  if (!existsSync('/usr/bin/chromium')) {
    const { executablePath, env } = await findChromium();
    const { LD_LIBRARY_PATH = '', FONTCONFIG_PATH = '' } = env;
    mounts.push({ source: dirname(executablePath), target: '/opt/browser' });
    const lines = [
      '#!/bin/sh',
      `export LD_LIBRARY_PATH=${quoted(LD_LIBRARY_PATH.replace(dirname(executablePath), '/opt/browser'))}`,
      `export FONTCONFIG_PATH=${quoted(FONTCONFIG_PATH.replace(dirname(executablePath), '/opt/browser'))}`,
      `exec /opt/browser/${executablePath.slice(dirname(executablePath).length + 1)} "$@"`,
    ];
    await program(join(directory, 'usr/bin/chromium'), `${lines.join('\n')}\n`);
    standIns.push(`chromium (${executablePath}: there is no /usr/bin/chromium)`);
  }
  return { directory, mounts, linked: rootLinks(), standIns };
}

/** Where npm's program is in the image; copied in where it does not lie in what is lent. */
async function npmIn(directory: string): Promise<string> {
  const found = spawnSync('sh', ['-c', 'command -v npm'], { encoding: 'utf8' }).stdout.trim();
  if (found === '') throw new Error('npm is needed, and there is none on PATH');
  const real = realpathSync(found);
  if (real.startsWith('/usr/')) return real;
  // <package>/bin/npm-cli.js
  const place = '/usr/local/lib/node_modules/npm';
  await cp(join(dirname(real), '..'), join(directory, place), { recursive: true });
  return join(place, 'bin/npm-cli.js');
}

function rootLinks(): Base['linked'] {
  return ['bin', 'sbin', 'lib', 'lib64'].flatMap((name) => {
    const path = join('/', name);
    if (!existsSync(path)) return [];
    if (!lstatSync(path).isSymbolicLink())
      throw new Error(`${path} is no link into /usr, as it is on every Debian since 12`);
    return [[name, readlinkSync(path)] as const];
  });
}

async function program(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { mode: 0o755 });
  await chmod(path, 0o755);
}

/** What reaching the npm registry takes here; everything else of this process's environment stays out. */
export function registryEnvironment(): Record<string, string> {
  const wanted = /^(?:https?_proxy|no_proxy|node_extra_ca_certs|ssl_cert_(?:file|dir)|npm_config_registry)$/i;
  const passed = Object.entries(process.env).filter(([name, value]) => wanted.test(name) && value);
  return { ...(Object.fromEntries(passed) as Record<string, string>), PATH: standardPath };
}
