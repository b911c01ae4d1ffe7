/** Modules as Node itself loads them: in a process of its own, since a test runner has a loader of its own. */
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { scratchDirectory } from '../../test/doubles/scratch.ts';

const script = `
const [loader, ...paths] = process.argv.slice(1);
const { loadBot } = await import(loader);
const told = [];
for (const path of paths) {
  try {
    told.push({ value: await (await loadBot(path))({}, {}) });
  } catch (error) {
    told.push({ code: error.code, message: error.message.replaceAll(path, 'PATH') });
  }
}
console.log(JSON.stringify(told));
`;

interface Told {
  readonly value?: unknown;
  readonly code?: string;
  readonly message?: string;
}

/** What becomes of each file, by its name. */
async function loaded(files: Readonly<Record<string, string>>): Promise<Readonly<Record<string, Told>>> {
  const directory = await scratchDirectory();
  for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  await mkdir(join(directory, 'directory.mjs'));
  const names = [...Object.keys(files), 'gone.mjs', 'directory.mjs'];
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--no-warnings',
    '--input-type=module',
    '--eval',
    script,
    new URL('./load-bot.ts', import.meta.url).href,
    ...names.map((name) => join(directory, name)),
  ]);
  const told = JSON.parse(stdout) as Told[];
  return Object.fromEntries(names.map((name, index) => [name, told[index] ?? {}]));
}

it('loads what has a function to call, in every form that Node knows', async () => {
  const files = {
    'bot.mjs': 'export default () => 42;',
    'bot with blanks #1?.mjs': 'export default async () => 42;',
    'bot.cjs': 'module.exports = () => 42;',
    'compiled.cjs': 'exports.__esModule = true; exports.default = () => 42;',
    'bot.mts': 'const answer: number = 42; export default (_client: unknown): number => answer;',
    'bot.ts': 'export default (_client: unknown): number => 42;',
  };
  const told = await loaded(files);
  for (const name of Object.keys(files)) expect(told[name], name).toEqual({ value: 42 });
});

it('says of everything else what was expected and what was found', async () => {
  const told = await loaded({
    'empty.mjs': '',
    'named.mjs': 'export const start = () => {};',
    'object.mjs': 'export default { a: 1 };',
    'text.mjs': 'export default "bot";',
    'old.cjs': 'const x = 1;',
    'throws.mjs': 'throw new Error("at the top");',
    'syntax.mjs': 'export default (',
    'needs.mjs': 'import "./nowhere.mjs";',
    'enum.mts': 'export enum Mood { Good }',
  });
  const expected = {
    'empty.mjs': 'found a module that exports nothing.',
    'named.mjs': 'found no default, only start.',
    'object.mjs': 'found an object of a as the default.',
    'text.mjs': 'found a string as the default.',
    'old.cjs': 'found a CommonJS module whose `module.exports` is an empty object.',
    'throws.mjs': 'does not load: Error: at the top',
    'syntax.mjs': 'does not load: SyntaxError',
    'needs.mjs': 'nowhere.mjs',
    'enum.mts': 'enum',
    'gone.mjs': 'Cannot find module',
    'directory.mjs': 'does not load',
  };
  for (const [name, words] of Object.entries(expected)) {
    expect(told[name], name).toMatchObject({
      code: 'bot_error',
      message: expect.stringMatching(/^The bot PATH /),
    });
    expect(told[name]?.message, name).toContain(words);
  }
  for (const name of ['empty.mjs', 'old.cjs'])
    expect(told[name]?.message).toContain(
      'expected `export default (client, { session, log, signal }) => …`',
    );
});
