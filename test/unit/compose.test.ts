/** compose.yaml against the image, the settings and what the daemon needs. Its container is run in test/e2e/image.test.ts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { schema } from '../../src/config/settings.ts';
import { parseDuration } from '../../src/wording/duration.ts';
import { readDockerfile } from '../container/dockerfile.ts';
import { repository } from '../support/source-tree.ts';

const read = (path: string): string => readFileSync(join(repository, path), 'utf8');
const milliseconds = (duration: string | null) => parseDuration(duration ?? '') ?? Number.NaN;
const file = parse(read('compose.yaml'));
const service = file.services.vigil;
const image = readDockerfile(read('Dockerfile'));
const env = Object.assign(
  {},
  ...image.stages.flatMap(({ steps }) => steps.map((step) => (step.kind === 'env' ? step.values : {}))),
) as Record<string, string>;

it('is one service, built from here, of which there can be no second', () => {
  expect(Object.keys(file.services)).toEqual(['vigil']);
  expect(service).toMatchObject({
    build: '.',
    container_name: 'vigil',
    restart: 'unless-stopped',
    init: true,
  });
  expect(service).not.toHaveProperty('deploy');
  // The image's own entry and command.
  expect(service).not.toHaveProperty('entrypoint');
  expect(service).not.toHaveProperty('command');
});

it('waits for longer than the daemon drains before it kills', () => {
  expect(milliseconds(service.stop_grace_period)).toBeGreaterThanOrEqual(60_000);
  expect(milliseconds(service.stop_grace_period)).toBeGreaterThan(milliseconds(schema.drain.default));
});

it('gives browsers more shared memory than Docker does', () => {
  expect(/^(\d+)m$/.exec(service.shm_size)?.[1]).toSatisfy((megabytes) => Number(megabytes) > 64);
});

it('keeps the volume, by its name, where the image expects it', () => {
  expect(service.volumes).toEqual([`vigil:${env['VIGIL_VOLUME']}`]);
  expect(file.volumes).toEqual({ vigil: { name: 'vigil' } });
});

it('is reached from this machine alone, at the port that the image listens on', () => {
  expect(service.ports).toEqual([`127.0.0.1:\${PORT:-${schema.port.default}}:${env['PORT']}`]);
  expect(service.environment.PORT).toBe(env['PORT']);
});

describe('the environment', () => {
  it('asks for a key, and does not start without one', () => {
    expect(service.environment.VIGIL_API_KEY).toMatch(/^\$\{VIGIL_API_KEY:\?.*openssl rand -hex 32/);
  });

  it('takes every setting from .env, but those that make the container what it is', () => {
    expect(service.env_file).toEqual([{ path: '.env', required: false }]);
    for (const name of ['VIGIL_VOLUME', 'VIGIL_HOST', 'PORT', 'PUPPETEER_EXECUTABLE_PATH'])
      expect(service.environment[name], name).toBe(env[name]);
  });

  it('names settings alone', () => {
    const settings = Object.values(schema).map((one) => one.env as string);
    expect(Object.keys(service.environment).filter((name) => !settings.includes(name))).toEqual([]);
    const named = read('compose.yaml').match(/\bVIGIL_[A-Z_]+/g) ?? [];
    expect(named.filter((name) => !settings.includes(name))).toEqual([]);
  });

  it('is kept out of the repository', () => {
    expect(read('.gitignore').split('\n')).toContain('.env');
  });
});

it('asks for the health as the image does, also where the image’s own check is lost', () => {
  expect(service.healthcheck.test).toEqual(['CMD', ...image.config.health]);
  expect(milliseconds(service.healthcheck.start_period)).toBeGreaterThan(
    milliseconds(schema.lockWait.default),
  );
});

it('does not let the log fill the disk', () => {
  expect(service.logging.options).toEqual({ 'max-size': expect.any(String), 'max-file': expect.any(String) });
});
