/** The script of a checkout, run as a person types it, in a checkout whose programs are stand-ins that tell what they got. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scratchDirectory } from '../doubles/scratch.ts';
import { repository } from '../support/source-tree.ts';

/** What the script calls besides the shell. */
const tools = [
  'sh',
  'readlink',
  'dirname',
  'cat',
  'cksum',
  'find',
  'head',
  'mkdir',
  'mv',
  'rm',
  'uname',
  'flock',
];

async function program(path: string, script: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
}

/** A node that calls itself this version, and prints its pid, its arguments and the browser that it was given. */
const node = (version: string) =>
  `[ "$1" = -v ] && { echo ${version}; exit; }\necho "$$ node $*\${PUPPETEER_EXECUTABLE_PATH:+ on $PUPPETEER_EXECUTABLE_PATH}"`;

async function checkout({ found = 'v24.21.0', npm = true }: { found?: string | null; npm?: boolean } = {}) {
  const root = await scratchDirectory();
  const bin = join(root, 'bin');
  await mkdir(join(root, 'src'));
  await mkdir(join(root, 'scripts'));
  await cp(join(repository, 'vigil'), join(root, 'vigil'));
  await cp(join(repository, 'scripts/toolchain.sh'), join(root, 'scripts/toolchain.sh'));
  for (const name of [
    'package.json',
    'package-lock.json',
    '.npmrc',
    'tsconfig.json',
    'tsconfig.build.json',
    'tsconfig.types.json',
  ])
    await writeFile(join(root, name), '{}\n');
  await mkdir(bin);
  for (const tool of tools) {
    const { stdout } = spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' });
    if (stdout.startsWith('/')) await symlink(stdout.trim(), join(bin, tool));
  }
  if (found !== null) await program(join(bin, 'node'), node(found));
  // Does what the real one would leave behind, and nothing else.
  const fetched = node('v24.21.0').replaceAll('$', '\\$').replaceAll('"', '\\"');
  await program(
    join(bin, 'npm'),
    `echo "npm $*" >&2
case "$1" in
  ci) mkdir -p node_modules; : >node_modules/.package-lock.json ;;
  run) mkdir -p dist; : >dist/main.js ;;
  install)
    for word in "$@"; do case $word in node-linux-*) own=node_modules/\${word%@*}/bin ;; esac; done
    mkdir -p "$own"
    printf '%s\\n' '#!/bin/sh' "${fetched}" >"$own/node"
    /bin/chmod 755 "$own/node" ;;
esac`,
  );
  if (!npm) await rm(join(bin, 'npm'));
  const runWith = async (env: NodeJS.ProcessEnv, ...args: readonly string[]) => {
    const child = spawn(join(root, 'vigil'), args, { env: { PATH: bin, ...env }, cwd: '/' });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text) => (stdout += text));
    child.stderr.on('data', (text) => (stderr += text));
    const [code] = await once(child, 'close');
    return { pid: child.pid, code, stdout, stderr };
  };
  return { root, run: (...args: readonly string[]) => runWith({}, ...args), runWith };
}

describe('the script of a checkout', () => {
  it('sets up what is missing, says so on standard error, and becomes the program', async () => {
    const { root, run } = await checkout();
    const first = await run('serve', '--port', '0');
    expect(first.stderr).toMatch(/Installing dependencies.*npm ci .*Building.*npm run --silent build/s);
    // The very process: its pid and its signals are the daemon's own.
    expect(first.stdout).toBe(`${first.pid} node ${root}/dist/main.js serve --port 0\n`);
    const second = await run('sessions', '--json');
    expect(second).toMatchObject({ code: 0, stderr: '' });
    expect(second.stdout).toBe(`${second.pid} node ${root}/dist/main.js sessions --json\n`);
  });

  it('builds again after a source has changed, and installs again after the lock has', async () => {
    const { root, run } = await checkout();
    await run('version');
    const later = new Date(Date.now() + 10_000);
    await writeFile(join(root, 'src/a.ts'), '');
    await utimes(join(root, 'src/a.ts'), later, later);
    expect((await run('version')).stderr).toMatch(/^vigil: Building …\n/);
    await writeFile(join(root, 'package-lock.json'), '{"changed":true}\n');
    expect((await run('version')).stderr).toMatch(/^vigil: Installing dependencies/);
  });

  it.each(['v18.20.4', 'v20.20.2', 'v22.17.0', 'v23.11.0', null])(
    'fetches a Node of its own where there is %s, once',
    async (found) => {
      const { root, run } = await checkout({ found });
      const { code, stdout, stderr } = await run('version');
      expect({ code, stderr }).toMatchObject({
        code: 0,
        stderr: expect.stringContaining(`found ${found ?? 'none'}. Fetching Node`),
      });
      expect(stdout).toContain(`node ${root}/dist/main.js version`);
      expect((await run('version')).stderr).toBe('');
    },
  );

  it.each(['v22.18.0', 'v24.0.0', 'v26.1.0'])('takes %s as it is', async (found) => {
    const { run } = await checkout({ found });
    expect((await run('version')).stderr).not.toContain('Fetching');
  });

  it('becomes the demo, on the browser that is found or the one that is named', async () => {
    const { root, run, runWith } = await checkout();
    await run('version');
    const found = await run('demo', '--auto');
    expect(found.stdout).toMatch(`${found.pid} node ${root}/demo/main.ts --auto on `);
    expect(found.stdout).toMatch(`node ${root}/scripts/find-browser.ts ${root}/.toolchain/chromium\n`);
    const named = await runWith({ PUPPETEER_EXECUTABLE_PATH: '/opt/chromium' }, 'demo');
    expect(named.stdout).toBe(`${named.pid} node ${root}/demo/main.ts on /opt/chromium\n`);
  });

  it('without npm says what to type, and starts nothing', async () => {
    const { run } = await checkout({ found: 'v18.20.4', npm: false });
    expect(await run('serve')).toMatchObject({
      code: 69,
      stdout: '',
      stderr: expect.stringContaining('apt-get install npm'),
    });
  });
});
