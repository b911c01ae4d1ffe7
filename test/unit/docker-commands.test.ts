/**
 * What the documents tell people to type to Docker, against the image, compose.yaml and the settings. There is no engine
 * here; what of it can be run without one is run in test/e2e/image.test.ts.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { schema } from '../../src/config/settings.ts';
import { laterMeaning } from '../../src/config/unavailable.ts';
import { volumeLayout } from '../../src/volume/layout.ts';
import { parseDuration } from '../../src/wording/duration.ts';
import { readDockerfile } from '../container/dockerfile.ts';
import { dockerCommands, dockerRun, environmentOf, mountsOf } from '../support/docker-command.ts';
import { repository } from '../support/source-tree.ts';

const read = (path: string): string => readFileSync(join(repository, path), 'utf8');
const pages = ['README.md', 'docs/quickstart-docker.md', 'docs/quickstart-railway.md', 'docs/operations.md'];
const commands = pages.flatMap((page) => dockerCommands(read(page)));
const of = (verb: string) => commands.filter((words) => words[1] === verb).map((words) => words.slice(2));
const image = readDockerfile(read('Dockerfile'));
const env = Object.assign(
  {},
  ...image.stages.flatMap(({ steps }) => steps.map((step) => (step.kind === 'env' ? step.values : {}))),
) as Record<string, string>;
const { services } = parse(read('compose.yaml'));
const settings = new Set(Object.values(schema).map((one) => one.env as string));
const drain = parseDuration(schema.drain.default ?? '') ?? Number.NaN;
const runs = of('run').map(dockerRun);
const daemons = runs.filter(({ flags }) => flags.has('-d'));

it('there are commands to check, and each is of a kind that is checked', () => {
  expect(daemons.length).toBeGreaterThan(2);
  const checked = ['build', 'run', 'exec', 'compose', 'logs', 'stop', 'rm', 'cp', 'inspect', 'stats'];
  expect(commands.filter(([, verb = '']) => !checked.includes(verb))).toEqual([]);
});

it('an image is run under the name under which it is built', () => {
  for (const words of of('build')) expect(words).toEqual(['-t', 'wa-vigil', '.']);
  for (const run of runs) expect(run.image).toBe('wa-vigil');
  expect(services.vigil.image).toBe('wa-vigil');
});

describe('docker run', () => {
  it('mounts the volume where the image expects it', () => {
    for (const run of runs)
      expect(mountsOf(run)).toContainEqual({ source: 'vigil', target: env['VIGIL_VOLUME'] });
  });

  it.each(daemons.map((run) => [`-e ${run.flags.get('-e')?.join(' -e ')}`, run] as const))(
    'with %s makes a container that starts, is reached, comes back, and is given time to end',
    (_what, run) => {
      const { flags } = run;
      expect(run.command).toEqual([]);
      expect(flags.get('--name')).toEqual([services.vigil.container_name]);
      expect(flags.get('--restart')).toEqual([services.vigil.restart]);
      expect(Number(flags.get('--stop-timeout')?.[0]) * 1_000).toBeGreaterThan(drain);
      expect(flags.get('-p')).toEqual([`127.0.0.1:${env['PORT']}:${image.config.ports[0]}`]);
      const given = environmentOf(run);
      expect(given).toHaveProperty('VIGIL_API_KEY');
      for (const name of Object.keys(given))
        expect(settings.has(name) || laterMeaning(name) !== null, name).toBe(true);
      const targets = mountsOf(run).map(({ target }) => target);
      const vault = given['VIGIL_VAULT'];
      if (vault != null) expect(targets).toContain(vault.replace(/^directory:/, ''));
      const bot = given['VIGIL_BOT'];
      // Below the program, so that the bot finds the library that is there.
      if (bot != null)
        expect(targets.some((target) => bot.startsWith(`${target}/`) && /^\/app\//.test(target))).toBe(true);
    },
  );

  it('drops no capability but those that compose.yaml does without', () => {
    const span = /`(--cap-drop ALL --cap-add [^`]+)`/.exec(read('docs/quickstart-docker.md'))?.[1] ?? '';
    const { flags } = dockerRun([...span.split(' '), 'wa-vigil']);
    expect(flags.get('--cap-drop')).toEqual(services.vigil.cap_drop);
    expect(flags.get('--cap-add')).toEqual(services.vigil.cap_add);
  });
});

it('every other command names the container that was made', () => {
  for (const verb of ['exec', 'logs', 'stop', 'rm', 'inspect']) {
    for (const words of of(verb)) {
      const name = words.find(
        (word, at) => !word.startsWith('-') && !/^(?:-t|--format)$/.test(words[at - 1] ?? ''),
      );
      expect(name, words.join(' ')).toMatch(/^(?:vigil|NAME)$/);
    }
  }
});

it('what is copied out of the container is the vault', () => {
  for (const [from] of of('cp')) expect(from).toBe(`vigil:${volumeLayout(env['VIGIL_VOLUME'] ?? '').vault}`);
});

it('what is run in the container is there', () => {
  for (const words of of('exec')) {
    const [program, ...rest] = words.slice(words.findIndex((word) => /^(?:vigil|NAME)$/.test(word)) + 1);
    // Its verbs are held by documents.test.ts.
    if (program === 'vigil') continue;
    expect([program, ...rest]).toEqual(['cat', '/etc/chromium-version']);
    expect(read('Dockerfile')).toContain('> /etc/chromium-version');
  }
});

it('compose is told what it knows', () => {
  const known = [['up', '-d', '--build'], ['logs', '-f'], ['down'], ['down', '-v'], ['stop'], ['up', '-d']];
  for (const words of of('compose')) expect(known).toContainEqual(words);
});
