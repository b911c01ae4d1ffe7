/** What is published, as npm packs it: all that the program needs to run, and nothing of the workshop. */
import { spawnSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { extract } from 'tar';
import { expect, it } from 'vitest';
import { scratchDirectory } from '../doubles/scratch.ts';
import { repository } from '../support/source-tree.ts';

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
}

it('holds the program, its pages and its documents, and runs by itself', async () => {
  const directory = await scratchDirectory();
  const packed = spawnSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', directory], {
    cwd: repository,
    encoding: 'utf8',
  });
  expect(packed.status, packed.stderr).toBe(0);
  const [{ filename, files } = { filename: '', files: [] }] = JSON.parse(packed.stdout) as Packed[];
  const paths = files.map(({ path }) => path);
  const assets = await readdir(join(repository, 'src/http/assets'));
  expect(paths).toEqual(
    expect.arrayContaining([
      'package.json',
      'README.md',
      'LICENSE',
      'CHANGELOG.md',
      'docs/configuration.md',
      ...assets.map((name) => `dist/http/assets/${name}`),
    ]),
  );
  expect(
    paths.filter((path) => !/^(dist|docs)\/|^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/.test(path)),
  ).toEqual([]);
  // Of the sources only the contract of a bot, as types.
  expect(paths.filter((path) => /\.test\.js$|\.ts$|\/testing\//.test(path))).toEqual(['dist/bot/bot.d.ts']);

  const home = join(directory, 'home');
  await mkdir(home);
  await extract({ file: join(directory, filename), cwd: directory });
  await symlink(join(repository, 'node_modules'), join(directory, 'node_modules'));
  const { bin } = JSON.parse(await readFile(join(directory, 'package/package.json'), 'utf8'));
  // Both `vigil` and `npx wa-vigil` are this file.
  expect(Object.keys(bin).sort()).toEqual(['vigil', 'wa-vigil']);
  for (const entry of new Set<string>(Object.values(bin))) {
    const program = join(directory, 'package', entry);
    expect(await readFile(program, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
    const env = { PATH: process.env['PATH'] ?? '', HOME: home };
    const run = (...args: readonly string[]) =>
      spawnSync(process.execPath, [program, ...args], { cwd: home, env, encoding: 'utf8' });
    expect(run('version').status).toBe(0);
    expect(JSON.parse(run('config', '--json').stdout)).toEqual(
      expect.arrayContaining([expect.objectContaining({ name: 'VIGIL_VOLUME', value: join(home, 'data') })]),
    );
    expect(await readdir(home)).toEqual([]);
  }

  // The type of a bot, as a project that has installed the package gets it.
  await mkdir(join(home, 'node_modules'));
  await symlink(join(directory, 'package'), join(home, 'node_modules/wa-vigil'));
  await cp(join(repository, 'examples/ping-pong-typescript/bot.mts'), join(home, 'bot.mts'));
  await writeFile(
    join(home, 'wrong.mts'),
    `import type { Bot } from 'wa-vigil';\nexport default ((client) => client.answer()) satisfies Bot;\n`,
  );
  const compiled = spawnSync(
    join(repository, 'node_modules/.bin/tsc'),
    [
      '--noEmit',
      '--strict',
      '--skipLibCheck',
      '--module',
      'nodenext',
      '--target',
      'es2024',
      '--types',
      'node',
    ]
      .concat(['--typeRoots', join(repository, 'node_modules/@types')])
      .concat('bot.mts', 'wrong.mts'),
    { cwd: home, encoding: 'utf8' },
  );
  expect(compiled.stdout.match(/^\S+\.mts\(\d+,\d+\): error .*/gm)).toEqual([
    expect.stringContaining(
      "wrong.mts(2,36): error TS2339: Property 'answer' does not exist on type 'Client'",
    ),
  ]);
  // Whatever imports it is left with nothing that runs.
  const ran = spawnSync(process.execPath, ['--input-type=module', '--eval', "import 'wa-vigil'"], {
    cwd: home,
  });
  expect(ran.status).toBe(0);
}, 120_000);
