/** Carries out a Dockerfile's steps in a clean folder: each for real, in the stage's own root. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import dockerignore from '@balena/dockerignore';
import { type Base, makeBase, registryEnvironment } from './base.ts';
import { readDockerfile, type Stage, type Step } from './dockerfile.ts';
import { copyInto, emptyImage, type Image, placeOf } from './image.ts';
import { entering, quoted } from './namespaces.ts';

export interface BuildOptions {
  /** The build context, with its Dockerfile and .dockerignore. */
  readonly context: string;
  /** An empty directory; whoever asked removes it. */
  readonly directory: string;
  /** npm's cache, so that nothing is fetched twice. */
  readonly npmCache: string | null;
  readonly told: (line: string) => void;
}

export interface Built {
  readonly image: Image;
  readonly base: Base;
}

/** Throws at the first step that fails, with what it said. */
export async function buildImage(options: BuildOptions): Promise<Built> {
  const { context, directory, npmCache, told } = options;
  const { stages, config } = readDockerfile(await readFile(join(context, 'Dockerfile'), 'utf8'));
  const base = await makeBase(join(directory, 'base'));
  const clean = join(directory, 'context');
  await cleanContext(context, clean);
  const mounts = npmCache === null ? [] : [{ source: npmCache, target: '/root/.npm' }];
  const made = new Map<string, Image>();
  let image: Image | null = null;
  for (const [index, stage] of stages.entries()) {
    const at = join(directory, `stage-${index}`);
    // Not another stage's name: those are begun anew here.
    if (!stage.base.startsWith('node:')) throw new Error(`The base image ${stage.base} is not known here`);
    image = await emptyImage(at, base.directory, base.mounts, base.linked);
    for (const step of stage.steps) {
      told(`${stage.name ?? 'image'}: ${describe(step)}`);
      await carryOut(step, { image, stage, at, clean, made, mounts });
    }
    if (stage.name !== null) made.set(stage.name, image);
  }
  if (image === null) throw new Error('The Dockerfile has no stage');
  image.config = config;
  return { image, base };
}

interface Surroundings {
  readonly image: Image;
  readonly stage: Stage;
  readonly at: string;
  readonly clean: string;
  readonly made: ReadonlyMap<string, Image>;
  readonly mounts: Image['mounts'];
}

async function carryOut(step: Step, around: Surroundings): Promise<void> {
  const { image } = around;
  if (step.kind === 'workdir') {
    image.workdir = resolve(image.workdir, step.path);
    await mkdir(placeOf(image, image.workdir), { recursive: true });
  } else if (step.kind === 'env') image.env = { ...image.env, ...step.values };
  else if (step.kind === 'copy') await copy(step, around);
  else await run(step.argv, around);
}

async function copy(
  step: Extract<Step, { kind: 'copy' }>,
  { image, clean, made }: Surroundings,
): Promise<void> {
  const from = step.from === null ? null : made.get(step.from);
  if (from === undefined) throw new Error(`There is no stage ${step.from} to copy from`);
  const target = resolve(image.workdir, step.target);
  for (const source of step.sources) {
    const path = from === null ? join(clean, source) : placeOf(from, resolve('/', source));
    const isDirectory = (await stat(path)).isDirectory();
    const intoDirectory = !isDirectory && (step.target.endsWith('/') || step.sources.length > 1);
    const place = intoDirectory ? join(target, basename(source)) : target;
    await copyInto(image, path, place);
    if (step.mode !== null) await chmod(placeOf(image, place), step.mode);
  }
}

async function run(argv: readonly string[], { image, at, mounts }: Surroundings): Promise<void> {
  const { script, root } = await entering(at, { image, layer: null, mounts });
  const words = ['env', '-C', image.workdir, ...argv].map(quoted).join(' ');
  const child = spawn(
    'unshare',
    [
      '--mount',
      '--pid',
      '--fork',
      '--kill-child',
      'sh',
      '-euc',
      `${script}\nexec chroot ${quoted(root)} ${words}`,
    ],
    { env: { ...registryEnvironment(), ...image.env, HOME: '/root' }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => (said += text));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${code}:\n${said.slice(-4_000)}`);
}

/** What .dockerignore lets in, and nothing else: so nothing of this machine gets into the image unseen. */
async function cleanContext(context: string, target: string): Promise<void> {
  const text = await readFile(join(context, '.dockerignore'), 'utf8');
  const rules = dockerignore.default().add(text);
  // Directories of which nothing can be let in are not even read; they are large.
  const named = text
    .split('\n')
    .flatMap((line) => (line.startsWith('!') ? [line.slice(1).split('/')[0] ?? ''] : []));
  for (const name of new Set(named)) {
    for (const path of rules.filter(await filesIn(context, name))) {
      await mkdir(join(target, dirname(path)), { recursive: true });
      await cp(join(context, path), join(target, path));
    }
  }
}

/** Files below a path of the context, or the one that it is, by their paths in the context. */
async function filesIn(context: string, name: string): Promise<string[]> {
  if (!(await stat(join(context, name))).isDirectory()) return [name];
  const entries = await readdir(join(context, name), { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(context, join(entry.parentPath, entry.name)));
}

/** For whoever watches. */
function describe(step: Step): string {
  switch (step.kind) {
    case 'workdir':
      return `WORKDIR ${step.path}`;
    case 'env':
      return `ENV ${Object.keys(step.values).join(' ')}`;
    case 'run':
      return `RUN ${step.argv.join(' ').slice(0, 100)}`;
    case 'copy':
      return `COPY ${[...step.sources, step.target].join(' ')}`;
  }
}
