/** What Railway is told, in both of its forms: railway.toml, and the file for its command line, by Railway's own library. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createRailwayContext, validateGraph } from 'railway/iac';
import { describe, expect, it } from 'vitest';
import railway, { partial } from '../../deploy/railway/railway.ts';
import { schema, settingKeys, settingOf } from '../../src/config/settings.ts';
import { parseDuration } from '../../src/wording/duration.ts';
import { readDockerfile } from '../container/dockerfile.ts';
import { repository } from '../support/source-tree.ts';

const read = (path: string): string => readFileSync(join(repository, path), 'utf8');
const milliseconds = (duration: string | null) => parseDuration(duration ?? '') ?? Number.NaN;
const drain = milliseconds(schema.drain.default);
const lockWait = milliseconds(schema.lockWait.default);

/** What both files say, under the names that Railway has for it. */
interface Deploy {
  readonly healthcheckPath?: unknown;
  readonly healthcheckTimeout?: unknown;
  readonly restartPolicyType?: unknown;
  readonly restartPolicyMaxRetries?: unknown;
  readonly drainingSeconds?: unknown;
}

const toml = tomlOf(read('railway.toml'));
const project = await railway(createRailwayContext({ command: 'plan' }), (name, definition) => ({
  name,
  ...definition,
}));
const resources = (project.resources ?? []).flat();
const service = resources.find((resource) => resource.type === 'service');
const forms: [string, object, Deploy][] = [
  ['railway.toml', toml['build'] ?? {}, toml['deploy'] ?? {}],
  ['railway.ts', service?.build ?? {}, service?.deploy ?? {}],
];

describe.each(forms)('%s', (_name, build, deploy) => {
  it('builds the Dockerfile', () => {
    expect(build).toEqual({ builder: 'DOCKERFILE', dockerfilePath: 'Dockerfile' });
  });

  it('drains for longer than the daemon does, as a number', () => {
    expect(deploy.drainingSeconds).toBe(60);
    expect(Number(deploy.drainingSeconds) * 1_000).toBeGreaterThan(drain);
  });

  it('waits for a healthy start for longer than the lock may take, and asks whether it is up', () => {
    expect(deploy).toMatchObject({ healthcheckPath: '/health', restartPolicyType: 'ON_FAILURE' });
    expect(deploy.healthcheckTimeout).toBeTypeOf('number');
    expect(Number(deploy.healthcheckTimeout) * 1_000).toBeGreaterThan(lockWait);
    expect(deploy.restartPolicyMaxRetries).toBeTypeOf('number');
  });
});

it('both say the same', () => {
  expect(service?.deploy).toEqual(toml['deploy']);
  expect(service?.build).toEqual(toml['build']);
});

describe('railway.ts', () => {
  it('is what Railway’s library takes, and manages this service and its volume alone', () => {
    const graph = {
      version: 1,
      project: { name: project.name },
      environments: [],
      resources,
      edges: [],
    } as const;
    expect(validateGraph(graph as unknown as Parameters<typeof validateGraph>[0])).toEqual([]);
    expect(resources.map(({ type }) => type).sort()).toEqual(['service', 'volume']);
    expect(partial).toMatch(/^[a-zA-Z0-9._-]{1,64}$/);
    expect(service?.source).toMatchObject({ type: 'github', repo: expect.stringMatching(/^[^/]+\/[^/]+$/) });
  });

  it('mounts the volume where the image expects it', () => {
    const image = readDockerfile(read('Dockerfile'));
    const env = image.stages.at(-1)?.steps.flatMap((step) => (step.kind === 'env' ? [step.values] : []));
    const mounts = Object.values(service?.volumeAttachments ?? {}).map(({ mountPath }) => mountPath);
    expect(mounts).toEqual([env?.[0]?.['VIGIL_VOLUME']]);
  });

  it('names every setting, or applying it would take one away that somebody has set', () => {
    const settings = settingKeys
      .map(settingOf)
      .flatMap(({ env, alsoEnv = [] }) => [env, ...alsoEnv])
      // Railway's own are not the service's to set.
      .filter((name) => !name.startsWith('RAILWAY_'));
    const variables = service?.variables ?? {};
    expect(settings.filter((name) => !(name in variables))).toEqual([]);
    const literal = Object.entries(variables).filter(([, value]) => value.type !== 'preserve');
    expect(Object.fromEntries(literal)).toEqual({
      PORT: { type: 'literal', value: String(schema.port.default) },
      RAILWAY_DEPLOYMENT_DRAINING_SECONDS: { type: 'literal', value: '60' },
    });
  });
});

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
