/** The scripts that people, platforms and CI start, looked at as texts and run with stand-ins. */
import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scratchDirectory } from '../doubles/scratch.ts';
import { repository } from '../support/source-tree.ts';

const read = (path: string): string => readFileSync(join(repository, path), 'utf8');

describe('scripts', () => {
  it.each([
    ['.ci/run', 'bash'],
    ['deploy/entrypoint.sh', 'sh'],
    ['deploy/vigil', 'sh'],
    ['vigil', 'sh'],
    ['with-node', 'sh'],
  ])('%s is executable and can be read by %s', (path, shell) => {
    expect(statSync(join(repository, path)).mode & 0o111).toBe(0o111);
    const { status, stderr } = spawnSync(shell, ['-n', join(repository, path)], { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  it('have the line ends of Unix, on whatever machine they were checked out', () => {
    expect(read('.gitattributes')).toMatch(/^\* text=auto eol=lf$/m);
    for (const path of ['deploy/entrypoint.sh', 'deploy/vigil']) expect(read(path)).not.toContain('\r');
  });

  it.each(['deploy/entrypoint.sh', 'deploy/vigil'])(
    '%s works on the volume that the platform mounted',
    (path) => {
      const text = read(path).replace('exec node /app/dist/main.js', '');
      const run = (env: Record<string, string>) => {
        const script = `id() { echo 1000; }\n${text}`;
        return spawnSync('sh', ['-euc', script, 'sh', 'sh', '-c', 'echo "$VIGIL_VOLUME"'], {
          encoding: 'utf8',
          env: { PATH: process.env['PATH'] ?? '', VIGIL_VOLUME: '/data', ...env },
        }).stdout;
      };
      expect(run({})).toBe('/data\n');
      expect(run({ RAILWAY_VOLUME_MOUNT_PATH: '/mnt/x' })).toBe('/mnt/x\n');
      expect(run({ VIGIL_VOLUME: '/own', RAILWAY_VOLUME_MOUNT_PATH: '/mnt/x' })).toBe('/own\n');
    },
  );

  it('the entry gives a user who has no home one on the volume', async () => {
    const home = await scratchDirectory();
    const run = (HOME: string) =>
      spawnSync('sh', ['-euc', entryAs(4711), 'sh', 'sh', '-c', 'echo "$HOME"'], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] ?? '', VIGIL_VOLUME: '/data', HOME },
      }).stdout;
    expect(run(home)).toBe(`${home}\n`);
    for (const none of ['', '/', join(home, 'nowhere'), '/proc/self'])
      expect(run(none)).toBe('/data/vigil/cache\n');
  });

  // What it does as root is run in test/e2e/image.test.ts.
  it('the entry gives root up before anything else runs', () => {
    const script = read('deploy/entrypoint.sh');
    expect(script).toMatch(
      /^become\(\) \{ exec setpriv --reuid vigil --regid vigil .*--no-new-privs "\$@"; \}$/m,
    );
    expect(script).toMatch(/\nbecome "\$@"\n$/);
    expect(script.match(/chown /g)).toHaveLength(1);
    expect(script).toContain('chown -h vigil:vigil');
  });

  it('CI runs what the README says', () => {
    expect(read('.ci/run')).toMatch(/\nexec \.\/vigil test\n$/);
    expect(read('README.md')).toContain('./vigil test');
  });

  it('package.json ends its test in vitest, which takes the arguments', () => {
    const { scripts } = JSON.parse(read('package.json'));
    expect(scripts.test).toMatch(/&& vitest run$/);
    expect(scripts.test).toContain('npm run check');
  });
});

/** The entry as a text, with `id` answering this number. */
function entryAs(uid: number): string {
  return `id() { echo ${uid}; }\n${read('deploy/entrypoint.sh')}`;
}
