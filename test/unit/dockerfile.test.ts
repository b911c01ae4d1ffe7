/**
 * What the image is told, looked at as a text: no engine for containers is needed to find a file that is not there, a
 * shell between the signal and the daemon, or a port that nothing listens on. Its steps are run in test/e2e/image.test.ts.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import dockerignore from '@balena/dockerignore';
import { DockerfileParser, type Healthcheck } from 'dockerfile-ast';
import { validate } from 'dockerfile-utils';
import { describe, expect, it } from 'vitest';
import { schema } from '../../src/config/settings.ts';
import { parseDuration } from '../../src/wording/duration.ts';
import { readDockerfile, type Step } from '../container/dockerfile.ts';
import { repository } from '../support/source-tree.ts';

const read = (path: string): string => readFileSync(join(repository, path), 'utf8');
const text = read('Dockerfile');
const { stages, config } = readDockerfile(text);
const [build, image] = stages;
const stepsOf = <K extends Step['kind']>(kind: K) =>
  stages
    .flatMap(({ steps }) => steps)
    .filter((step): step is Extract<Step, { kind: K }> => step.kind === kind);
const milliseconds = (duration: string | null) => parseDuration(duration ?? '') ?? Number.NaN;

describe('the linter', () => {
  it('finds nothing', () => {
    expect(validate(text)).toEqual([]);
  });

  it.each([
    ['an instruction that does not exist', 'STOPSIGNAL', 'STOPSINGAL'],
    ['a flag that does not exist', '--start-period', '--strat-period'],
    ['a stage without a base', /^FROM .* AS build$/m, 'FROM'],
  ])('finds %s', (_what, there, instead) => {
    expect(validate(text.replace(there, instead))).not.toEqual([]);
  });
});

describe('the stages', () => {
  it('are a build and what is left of it, on the Node of the project', () => {
    expect(stages.map(({ name, base }) => ({ name, base }))).toEqual([
      { name: 'build', base: 'node:24-trixie-slim' },
      { name: null, base: 'node:24-trixie-slim' },
    ]);
    const node = read('scripts/toolchain.sh').match(/^wanted_node=(\d+)\./m)?.[1];
    expect(build?.base).toBe(`node:${node}-trixie-slim`);
  });

  it('install without scripts, from the lock, and leave out what only the workshop needs', () => {
    const commands = (build?.steps ?? []).flatMap((step) =>
      step.kind === 'run' ? [step.argv.join(' ')] : [],
    );
    expect(commands).toEqual([
      expect.stringMatching(/^npm ci --ignore-scripts( |$)/),
      'npm run build',
      expect.stringMatching(/^npm prune --omit=dev --ignore-scripts( |$)/),
      expect.stringMatching(/^rm -rf node_modules\/typescript( |$)/),
    ]);
    expect(image?.steps.flatMap((step) => (step.kind === 'copy' && step.from ? step.sources : []))).toEqual([
      '/app/package.json',
      '/app/node_modules',
      '/app/dist',
    ]);
  });

  it('put no shell of their own between a step and the engine', () => {
    expect(() => readDockerfile(`${text}\nRUN npm ci`)).toThrow(/not in the form of an array/);
    expect(() => readDockerfile(`${text}\nCMD npm start`)).toThrow(/not in the form of an array/);
  });

  it('take Chromium and the reaper from Debian, and record which Chromium it is', () => {
    const [debian = ''] = (image?.steps ?? []).flatMap((step) =>
      step.kind === 'run' ? [step.argv.at(-1) ?? ''] : [],
    );
    expect(debian).toMatch(/apt-get install -y --no-install-recommends chromium tini /);
    expect(debian).toContain('chromium --version > /etc/chromium-version;');
    expect(debian).toMatch(/useradd --uid 10001 --gid vigil .*vigil;/);
  });

  it('run on arm64 as on x64: whatever is native is there for both', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, object> };
    const native = Object.keys(packages).filter(
      (path) => /-linux-x64-gnu$/.test(path) && !/sparticuz/.test(path),
    );
    expect(native.length).toBeGreaterThan(1);
    for (const path of native) expect(packages, path).toHaveProperty([path.replace('x64', 'arm64')]);
    for (const platform of ['linux-x64', 'linux-arm64'])
      expect(existsSync(join(repository, `node_modules/better-sqlite3/prebuilds/${platform}.node`))).toBe(
        true,
      );
  });
});

describe('the context', () => {
  const ignored = dockerignore.default().add(read('.dockerignore'));

  it('holds all that is copied, and it exists', () => {
    const sources = stepsOf('copy').flatMap((step) => (step.from === null ? step.sources : []));
    expect(sources.length).toBeGreaterThan(8);
    for (const source of sources) {
      expect(existsSync(join(repository, source)), source).toBe(true);
      expect(ignored.ignores(source), source).toBe(false);
    }
  });

  it.each([
    ...[
      '.env',
      '.git/config',
      'data/whatsapp-sessions/session-main/Default/Cookies',
      'node_modules/pino/pino.js',
    ],
    ...['dist/main.js', 'deploy/railway/railway.ts', 'src/session/session.test.ts', 'test/e2e/rig.ts'],
  ])('leaves %s out', (path) => {
    expect(ignored.ignores(path)).toBe(true);
  });
});

describe('the image', () => {
  const env = Object.assign({}, ...stepsOf('env').map(({ values }) => values)) as Record<string, string>;

  it('starts the daemon itself under a reaper, wherever that stands', () => {
    expect(config.entrypoint).toEqual(['/usr/bin/tini', '-s', '--', '/usr/local/bin/entrypoint.sh']);
    expect(config.command).toEqual(['node', '/app/dist/main.js', 'serve']);
    expect(config.stopSignal).toBe('SIGTERM');
  });

  it('sets what a container needs, which are all settings, and no secret', () => {
    expect(env).toEqual({
      NODE_ENV: 'production',
      VIGIL_VOLUME: '/data',
      VIGIL_EXPECT_MOUNT: '1',
      VIGIL_HOST: '::',
      PORT: String(schema.port.default),
      PUPPETEER_EXECUTABLE_PATH: '/usr/bin/chromium',
    });
    const settings = Object.values(schema).map((one) => one.env as string);
    expect(Object.keys(env).filter((name) => !settings.includes(name))).toEqual(['NODE_ENV']);
    expect(config.ports).toEqual([env['PORT']]);
  });

  it('enters as root, to hand the volume over, and makes no volume that nobody asked for', () => {
    const keywords = DockerfileParser.parse(text)
      .getInstructions()
      .map((instruction) => instruction.getKeyword());
    expect(keywords).toContain('HEALTHCHECK');
    expect(keywords).not.toContain('USER');
    expect(keywords).not.toContain('VOLUME');
  });

  it('is asked for its health, never whether every phone is linked, and given time to wait for the volume', () => {
    expect(config.health).toEqual(['node', '/app/health.js']);
    const script = read('deploy/health.js');
    expect(script).toContain("path: '/health'");
    expect(script).not.toContain('/ready');
    const [check] = DockerfileParser.parse(text).getHEALTHCHECKs() as Healthcheck[];
    const flags = new Map(check?.getFlags().map((flag) => [flag.getName(), milliseconds(flag.getValue())]));
    expect(flags.get('start-period')).toBeGreaterThan(milliseconds(schema.lockWait.default));
    const [, patience = Number.NaN] =
      /timeout: ([\d_]+)/.exec(script)?.map((one) => Number(one.replaceAll('_', ''))) ?? [];
    expect(flags.get('timeout')).toBeGreaterThan(patience);
  });
});
