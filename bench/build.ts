/**
 * The program as it is published, compiled from the present sources into a directory of this run's own: a build
 * that somebody else makes meanwhile must not change what is measured.
 */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const repository = fileURLToPath(new URL('..', import.meta.url));
const results = join(repository, 'bench/results');

export interface Build {
  /** Removed by whoever asked for the build. */
  readonly directory: string;
  /** As `dist/main.js` of the package. */
  readonly main: string;
  /** The daemon of the scripted fleet (fleet/daemon.ts). */
  readonly fleet: string;
}

export async function build(): Promise<Build> {
  await mkdir(results, { recursive: true });
  const directory = await mkdtemp(join(results, 'program-'));
  const tsc = join(repository, 'node_modules/.bin/tsc');
  const config = join(repository, 'bench/tsconfig.json');
  // Types are `npm run types`' matter: a file that another change has open must not stop a measurement.
  await promisify(execFile)(tsc, ['-p', config, '--outDir', directory, '--noEmitOnError', 'false']).catch(
    (error: { stdout?: string }) => process.stderr.write(`${error.stdout ?? String(error)}\n`),
  );
  await cp(join(repository, 'src/http/assets'), join(directory, 'src/http/assets'), { recursive: true });
  await cp(join(repository, 'package.json'), join(directory, 'package.json'));
  await symlink(join(repository, 'node_modules'), join(directory, 'node_modules'));
  return {
    directory,
    main: join(directory, 'src/main.js'),
    fleet: join(directory, 'bench/fleet/daemon.js'),
  };
}
