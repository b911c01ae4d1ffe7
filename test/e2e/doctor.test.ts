/** `vigil doctor`, on the machine that the tests run on. */
import { readdir } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { Finding } from '../../src/wording/finding.ts';
import { rig } from './test-rig.ts';

it('finds nothing to mend, beside a daemon that runs as well, and leaves nothing behind', async () => {
  const world = await rig();
  const volume = await world.volume();
  const daemon = await world.serve(volume, { VIGIL_SESSIONS: undefined });
  await daemon.url();
  const files = async () => (await readdir(volume.root, { recursive: true })).sort();
  const before = await files();
  const { code, json, stderr } = await world.cli(volume, ['doctor', '--json']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { ok, findings } = json as { readonly ok: boolean; readonly findings: readonly Finding[] };
  expect(ok).toBe(true);
  expect(findings.map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'node',
      'browser',
      'launch',
      'volume',
      'space',
      'lock',
      'vault',
      'registry',
      'drain',
    ]),
  );
  expect(findings.filter(({ verdict, remedy }) => verdict !== 'good' && remedy === null)).toEqual([]);
  expect(await files()).toEqual(before);
});

it('says what must be mended, and ends with its own code', async () => {
  const world = await rig();
  const volume = await world.volume();
  const settings = { PUPPETEER_EXECUTABLE_PATH: volume.root, VIGIL_VAULT: 'directory:/nonexistent/vault' };
  const { code, stdout } = await world.cli(volume, ['doctor'], settings);
  expect(code).toBe(7);
  expect(stdout).toMatch(/browser +to mend +PUPPETEER_EXECUTABLE_PATH .* is a directory\./);
  expect(stdout).toMatch(/vault +to mend +\/nonexistent\/vault does not exist/);
  expect(stdout).toMatch(/\n2 of \d+ need mending/);
});
