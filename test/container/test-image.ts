/** The image, built once for a file of tests, and containers of it that are gone when their test ends. */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFailed, onTestFinished } from 'vitest';
import { repository } from '../support/source-tree.ts';
import { until } from '../support/until.ts';
import { type Built, buildImage } from './build-image.ts';
import { Container, type ContainerOptions } from './container.ts';

/** As somebody chose it; nothing but these tests knows it. */
const key = 'container-tests-0123456789';

export interface TestContainer {
  readonly container: Container;
  /** What the API answers, or null while it does not. */
  ask(path: string): Promise<{ readonly status: number; readonly data: unknown } | null>;
  /** Until the one session is `ready`. */
  ready(): Promise<void>;
}

export class TestImage implements AsyncDisposable {
  readonly built: Built;
  readonly #directory: string;
  #containers = 0;

  private constructor(directory: string, built: Built) {
    this.#directory = directory;
    this.built = built;
  }

  static async build(): Promise<TestImage> {
    const directory = await mkdtemp(join(tmpdir(), 'vigil-image-'));
    const cache = spawnSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).stdout.trim();
    await mkdir(cache, { recursive: true });
    const told: string[] = [];
    try {
      const options = { context: repository, directory, npmCache: cache };
      const built = await buildImage({ ...options, told: (line) => void told.push(line) });
      for (const one of built.base.standIns) console.log(`The image is built with a stand-in: ${one}`);
      return new TestImage(directory, built);
    } catch (error) {
      await rm(directory, { recursive: true, force: true });
      throw new Error(`The image could not be built. Its steps:\n${told.join('\n')}`, { cause: error });
    }
  }

  /** `docker run`, with a key and a port of its own. An empty value takes a variable away. */
  async run(options: ContainerOptions = {}): Promise<TestContainer> {
    const port = await freePort();
    const env = { VIGIL_API_KEY: key, PORT: String(port), VIGIL_SEAL_AFTER: '1s', ...options.env };
    const container = await Container.run(
      this.built.image,
      join(this.#directory, `container-${++this.#containers}`),
      { ...options, env },
    );
    onTestFailed(() => console.error(container.tail()));
    onTestFinished(() => container[Symbol.asyncDispose]());
    const ask = async (path: string) => {
      const headers = { 'x-api-key': key };
      const signal = AbortSignal.timeout(10_000);
      const answer = await fetch(`http://127.0.0.1:${port}${path}`, { headers, signal }).catch(() => null);
      return answer && { status: answer.status, data: ((await answer.json()) as { data: unknown }).data };
    };
    let last: unknown = null;
    const ready = async () => {
      await until(
        async () => {
          if (container.end) throw new Error(`it ended (${container.end.code}):\n${container.tail()}`);
          last = (await ask('/api/sessions'))?.data;
          return Array.isArray(last) && last.length === 1 && last[0].status === 'ready';
        },
        () => `the session ready; it is ${JSON.stringify(last)}\n${container.tail()}`,
        90_000,
      );
    };
    return { container, ask, ready };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '::', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}
