/** The reporter in a real run of vitest: its line is the last, and the exit code is right. */
import { spawnSync } from 'node:child_process';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scratchDirectory } from '../doubles/scratch.ts';
import { repository } from '../support/source-tree.ts';

interface Run {
  readonly status: number | null;
  readonly lines: readonly string[];
}

async function run(files: Readonly<Record<string, string>>, env: Record<string, string> = {}): Promise<Run> {
  const directory = await scratchDirectory();
  await symlink(join(repository, 'node_modules'), join(directory, 'node_modules'));
  const project = (name: string) => ({ test: { name, include: [`${name}/*.test.ts`] } });
  const reporters = ['default', join(repository, 'test/support/closing-line-reporter.ts')];
  const test = { reporters, projects: [project('unit'), project('e2e')] };
  await writeFile(join(directory, 'vitest.config.mjs'), `export default ${JSON.stringify({ test })};`);
  for (const [name, text] of Object.entries(files)) {
    await mkdir(join(directory, name, '..'), { recursive: true });
    await writeFile(join(directory, name), `import { beforeAll, describe, it } from 'vitest';\n${text}`);
  }
  const vitest = join(repository, 'node_modules/vitest/vitest.mjs');
  const { status, stdout, stderr } = spawnSync(process.execPath, [vitest, 'run'], {
    cwd: directory,
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', HOME: directory, ...env },
  });
  return { status, lines: `${stderr}${stdout}`.trimEnd().split('\n') };
}

const passes = "it('passes', () => {});";

it('is the last line of a run that passes', async () => {
  const { status, lines } = await run({ 'unit/a.test.ts': passes, 'e2e/b.test.ts': passes });
  expect(lines.at(-1)).toBe('2 passed, 0 failed, 0 skipped');
  expect(status).toBe(0);
});

it('counts a file that does not load and a hook that throws as failed', async () => {
  const { status, lines } = await run({
    'unit/a.test.ts': passes,
    'unit/lost.test.ts': "import './nowhere.ts';",
    'unit/hook.test.ts':
      "describe('x', () => { beforeAll(() => { throw new Error('no'); }); it('never', () => {}); });",
    'unit/late.test.ts': "it('a', () => {}); void Promise.reject(new Error('late'));",
  });
  expect(lines.at(-1)).toMatch(/^2 passed, 3 failed, 1 skipped$/);
  expect(status).not.toBe(0);
});

it('says why tests were skipped', async () => {
  const { status, lines } = await run({
    'unit/a.test.ts': "it('needs it', (t) => t.skip('no server here'));",
  });
  expect(lines.slice(-2)).toEqual([
    'skipped (unit): needs it: no server here',
    '0 passed, 0 failed, 1 skipped',
  ]);
  expect(status).toBe(0);
});

it('fails CI, and only CI, when an end-to-end test was skipped', async () => {
  const files = { 'e2e/a.test.ts': "it('passes', () => {}); it.skip('kills it', () => {});" };
  expect(await run(files)).toMatchObject({ status: 0 });
  const inCi = await run(files, { CI: 'true' });
  expect(inCi.lines.at(-1)).toBe('1 passed, 0 failed, 1 skipped');
  expect(inCi.status).toBe(1);
  expect(await run({ 'unit/a.test.ts': "it.skip('a', () => {});" }, { CI: 'true' })).toMatchObject({
    status: 0,
  });
});
