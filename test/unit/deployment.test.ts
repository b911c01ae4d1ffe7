/**
 * What the image and the platform are told, looked at as texts: no engine for containers is needed to find a
 * file that is not there, a shell between the signal and the daemon, or a drain that is too short.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { schema } from '../../src/config/settings.ts';
import { parseDuration } from '../../src/wording/duration.ts';
import { repository } from '../support/source-tree.ts';

const read = (path: string): string => readFileSync(join(repository, path), 'utf8');
const drain = milliseconds(schema.drain.default);

describe('the Dockerfile', () => {
  const instructions = instructionsOf(read('Dockerfile'));
  const all = (word: string) => instructions.filter(([name]) => name === word).map(([, rest]) => rest);

  it('runs everything without a shell of its own', () => {
    for (const word of ['RUN', 'ENTRYPOINT', 'CMD']) {
      expect(all(word).length).toBeGreaterThan(0);
      for (const rest of all(word)) expect(JSON.parse(rest)).toEqual(expect.any(Array));
    }
    const [health] = all('HEALTHCHECK');
    expect(JSON.parse(health?.split(' CMD ')[1] ?? '')).toEqual(expect.arrayContaining(['node']));
  });

  it('copies what is there and what .dockerignore lets in', () => {
    const kept = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    const sources = all('COPY')
      .filter((rest) => !rest.includes('--from='))
      .flatMap((rest) =>
        rest
          .split(/\s+/)
          .filter((word) => !word.startsWith('--'))
          .slice(0, -1),
      );
    expect(sources.length).toBeGreaterThan(5);
    for (const source of sources) {
      expect(existsSync(join(repository, source)), source).toBe(true);
      expect(
        kept.some((path) => source === path || source.startsWith(`${path}/`)),
        source,
      ).toBe(true);
    }
  });

  it('installs without scripts, from the lock, on the Node of the project', () => {
    expect(all('FROM').map((rest) => rest.split(' ')[0])).toEqual([
      'node:24-trixie-slim',
      'node:24-trixie-slim',
    ]);
    expect(all('RUN').join('\n')).toMatch(/"npm", "ci", "--ignore-scripts"/);
    expect(all('RUN').join('\n')).toMatch(/"prune", "--omit=dev"/);
  });

  it('starts the daemon itself under a reaper, on a volume that must be mounted', () => {
    expect(JSON.parse(all('ENTRYPOINT')[0] ?? '')).toEqual([
      '/usr/bin/tini',
      '--',
      '/usr/local/bin/entrypoint.sh',
    ]);
    expect(JSON.parse(all('CMD')[0] ?? '')).toEqual(['node', '/app/dist/main.js', 'serve']);
    expect(all('STOPSIGNAL')).toEqual(['SIGTERM']);
    expect(all('VOLUME')).toEqual([]);
    const env = all('ENV').join(' ');
    for (const set of ['VIGIL_VOLUME=/data', 'VIGIL_EXPECT_MOUNT=1', 'VIGIL_HOST=::', 'PORT=2790'])
      expect(env).toContain(set);
    for (const secret of ['VIGIL_API_KEY', 'KEY=', 'SECRET', 'TOKEN']) expect(env).not.toContain(secret);
  });

  it('is asked for its health, never whether every phone is linked', () => {
    const [health] = all('HEALTHCHECK');
    expect(health).toContain('/health');
    expect(health).not.toContain('/ready');
  });
});

describe('railway.toml', () => {
  const settings = tomlOf(read('railway.toml'));

  it('builds the Dockerfile', () => {
    expect(settings['build']).toMatchObject({ builder: 'DOCKERFILE', dockerfilePath: 'Dockerfile' });
  });

  it('drains for longer than the daemon does, as a number', () => {
    const seconds = settings['deploy']?.['drainingSeconds'];
    expect(seconds).toBeTypeOf('number');
    expect(Number(seconds) * 1_000).toBeGreaterThan(drain);
  });

  it('waits for a healthy start for longer than the lock may take', () => {
    expect(settings['deploy']).toMatchObject({ healthcheckPath: '/health', restartPolicyType: 'ON_FAILURE' });
    expect(Number(settings['deploy']?.['healthcheckTimeout']) * 1_000).toBeGreaterThan(
      milliseconds(schema.lockWait.default),
    );
    expect(settings['deploy']?.['restartPolicyMaxRetries']).toBeTypeOf('number');
  });
});

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

  it('the entry becomes what it was told to run, on the volume that the platform mounted', () => {
    const run = (env: Record<string, string>) =>
      spawnSync('sh', ['-euc', entryAs(1000), 'sh', 'sh', '-c', 'echo "$VIGIL_VOLUME"'], {
        encoding: 'utf8',
        env: { PATH: process.env['PATH'] ?? '', VIGIL_VOLUME: '/data', ...env },
      }).stdout;
    expect(run({})).toBe('/data\n');
    expect(run({ RAILWAY_VOLUME_MOUNT_PATH: '/mnt/x' })).toBe('/mnt/x\n');
    expect(run({ VIGIL_VOLUME: '/own', RAILWAY_VOLUME_MOUNT_PATH: '/mnt/x' })).toBe('/own\n');
  });

  it('the entry gives root up before anything else runs', () => {
    const script = read('deploy/entrypoint.sh');
    expect(script).toMatch(/exec setpriv --reuid vigil --regid vigil --init-groups .*"\$@"\n$/);
    expect(script).toMatch(/chown -h/);
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

function milliseconds(text: string | null): number {
  const parsed = parseDuration(text ?? '');
  if (parsed === null) throw new Error(`${text} is no duration`);
  return parsed;
}

function instructionsOf(text: string): (readonly [name: string, rest: string])[] {
  return text
    .split('\n')
    .filter((line) => !/^\s*#/.test(line))
    .join('\n')
    .replaceAll(/\\\n/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [, name = '', rest = ''] = /^([A-Z]+)\s+(.*)$/.exec(line.trim()) ?? [];
      return [name, rest] as const;
    });
}

/** Tables of texts and numbers; all that the file may hold. */
function tomlOf(text: string): Record<string, Record<string, string | number>> {
  const tables: Record<string, Record<string, string | number>> = {};
  let table: Record<string, string | number> = {};
  for (const line of text.split('\n').filter((it) => it.trim() !== '' && !it.startsWith('#'))) {
    const heading = /^\[([a-z]+)\]$/.exec(line)?.[1];
    const [, key, value] = /^([A-Za-z]+) = (.+)$/.exec(line) ?? [];
    if (heading !== undefined) {
      table = {};
      tables[heading] = table;
    } else if (key !== undefined && value !== undefined) table[key] = JSON.parse(value);
    else throw new Error(`Not understood: ${line}`);
  }
  return tables;
}
