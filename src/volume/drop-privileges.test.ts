import { spawnSync } from 'node:child_process';
import { chown, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { scratchDirectory } from '../../test/doubles/scratch.ts';
import { dropPrivileges, type Privileges } from './drop-privileges.ts';

const isRoot = process.geteuid?.() === 0;

function recorded(euid: number): { calls: string[]; process: Privileges } {
  const calls: string[] = [];
  const note = (name: string) => (value: number | number[]) => void calls.push(`${name} ${value}`);
  return {
    calls,
    process: {
      geteuid: () => euid,
      getgroups: () => [0, 27],
      setgroups: note('setgroups'),
      setegid: note('setegid'),
      seteuid: note('seteuid'),
      setgid: note('setgid'),
      setuid: note('setuid'),
      env: { HOME: '/root', USER: 'root', XDG_RUNTIME_DIR: '/run/user/0', PATH: '/bin' },
    },
  };
}

const nobody = () => null;
const onlyRoot = 'only root can give a directory to another user';

describe('nothing is dropped', () => {
  it('by a user who has nothing to drop', async () => {
    const { process, calls } = recorded(1000);
    expect(await dropPrivileges({ root: '/', program: [], process, account: nobody })).toBeNull();
    expect(calls).toEqual([]);
  });

  it('on a volume of root’s own, or one that does not exist', async ({ skip }) => {
    skip(!isRoot, onlyRoot);
    const { process, calls } = recorded(0);
    const root = await scratchDirectory();
    for (const path of [root, join(root, 'nothing')]) {
      expect(await dropPrivileges({ root: path, program: [], process, account: nobody })).toBeNull();
    }
    expect(calls).toEqual([]);
  });
});

describe('root on the volume of user 4711', () => {
  beforeEach(({ skip }) => skip(!isRoot, onlyRoot));

  async function foreignVolume(): Promise<string> {
    const root = await scratchDirectory();
    await chown(root, 4711, 4712);
    return root;
  }

  it('becomes that user: groups first, since only root may change them', async () => {
    const { process, calls } = recorded(0);
    const root = await foreignVolume();
    expect(await dropPrivileges({ root, program: [], process, account: nobody })).toEqual({
      uid: 4711,
      gid: 4712,
    });
    expect(calls.slice(-3)).toEqual(['setgroups 4712', 'setgid 4712', 'setuid 4711']);
    expect(process.env).toEqual({ HOME: join(root, 'vigil', 'cache'), PATH: '/bin' });
  });

  it('takes the home and the name that the system knows', async () => {
    const { process } = recorded(0);
    const account = () => ({ name: 'vigil', home: '/home/vigil' });
    await dropPrivileges({ root: await foreignVolume(), program: [], process, account });
    expect(process.env).toMatchObject({ HOME: '/home/vigil', USER: 'vigil', LOGNAME: 'vigil' });
  });

  it('stays root and says why when that user could not read the program', async () => {
    const { process, calls } = recorded(0);
    const program = [join(await scratchDirectory(), 'gone.js')];
    await expect(
      dropPrivileges({ root: await foreignVolume(), program, process, account: nobody }),
    ).rejects.toMatchObject({ code: 'volume_permission', message: expect.stringContaining('4711') });
    expect(calls.slice(-3)).toEqual(['seteuid 0', 'setegid 0', 'setgroups 0,27']);
    expect(process.env['HOME']).toBe('/root');
  });

  it('really does, in a process of its own', async () => {
    const root = await foreignVolume();
    const closed = join(await scratchDirectory(), 'closed.js');
    await writeFile(closed, '', { mode: 0o600 });
    const module = new URL('./drop-privileges.ts', import.meta.url).href;
    const script = `
      import { dropPrivileges } from ${JSON.stringify(module)};
      import { writeFileSync, statSync } from 'node:fs';
      const options = { root: ${JSON.stringify(root)}, process, account: () => null };
      const refusal = await dropPrivileges({ ...options, program: [${JSON.stringify(closed)}] }).catch((error) => error.code);
      const before = process.geteuid();
      await dropPrivileges({ ...options, program: [] });
      writeFileSync(${JSON.stringify(join(root, 'file'))}, '');
      let back = 'no';
      try { process.setuid(0); back = 'yes'; } catch {}
      const { uid, gid } = statSync(${JSON.stringify(join(root, 'file'))});
      console.log(JSON.stringify({ refusal, before, uid, gid, groups: process.getgroups(), back }));
    `;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      refusal: 'volume_permission',
      before: 0,
      uid: 4711,
      gid: 4712,
      groups: [4712],
      back: 'no',
    });
  });
});
