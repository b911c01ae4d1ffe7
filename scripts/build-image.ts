/**
 * Runs the Dockerfile's steps without an engine for containers, in a clean folder, as root:
 *
 *   sudo node scripts/build-image.ts <empty directory> [program argument …]
 *
 * With a program it is run in a container of the result, its volume a directory beside it; without one, the directory is
 * left for people to look into. What is stood in for is said. The tests do the same (test/e2e/image.test.ts).
 */
import { mkdir, readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { buildImage } from '../test/container/build-image.ts';
import { Container } from '../test/container/container.ts';
import { whyNot } from '../test/container/namespaces.ts';

const [place, ...command] = process.argv.slice(2);
if (place === undefined) throw new Error('usage: build-image.ts <empty directory> [program argument …]');
const reason = await whyNot();
if (reason !== null) throw new Error(`The image cannot be built here: ${reason}`);
const directory = resolve(place);
await mkdir(directory, { recursive: true });
if ((await readdir(directory)).length > 0) throw new Error(`${directory} is not empty`);

const told = (line: string) => console.error(line);
const { image, base } = await buildImage({
  context: join(import.meta.dirname, '..'),
  directory,
  npmCache: null,
  told,
});
for (const one of base.standIns) told(`stand-in: ${one}`);
told(`The image is in ${image.root}.`);

if (command.length > 0) {
  const volume = join(directory, 'volume');
  await mkdir(volume);
  await using container = await Container.run(image, join(directory, 'container'), {
    command,
    mounts: [{ source: volume, target: '/data' }],
    env: Object.fromEntries(
      Object.entries(process.env).flatMap(([name, value]) =>
        /^(?:VIGIL_|PORT$|LOG_LEVEL$)/.test(name) && value ? [[name, value]] : [],
      ),
    ),
  });
  process.once('SIGINT', () => void container.stop(60_000));
  const { code } = await container.exited(2 ** 31 - 1);
  process.stdout.write(container.stdout);
  process.stderr.write(container.stderr);
  process.exitCode = code ?? 1;
}
