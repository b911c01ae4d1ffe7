/**
 * The shape of src/, held: layers, packages, cycles, time, length, names. Every rule is shown to fail on an invented
 * file first, since a check that cannot fail checks nothing.
 */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  barrelViolations,
  cycles,
  importViolations,
  layerOf,
  lengthViolations,
  nameViolations,
  packageViolations,
  runtimeUsesOf,
  runtimeViolations,
  tableViolations,
} from '../support/architecture-rules.ts';
import { layers, longFiles, runtimeUses } from '../support/layers.ts';
import { repository, type SourceFile, sourceFile, sourceFiles } from '../support/source-tree.ts';

const files = sourceFiles();
const invented = (path: string, text: string): SourceFile => sourceFile(`src/${path}`, text);

it('there is something to check', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(files.flatMap(({ imports }) => imports).length).toBeGreaterThan(200);
});

describe('layers', () => {
  it('import inward only', () => {
    expect(importViolations(files)).toEqual([]);
  });

  it('let no core layer import an adapter, whatever the table is changed to', () => {
    expect(tableViolations(layers)).toEqual([]);
    const broken = layers.map((layer) =>
      layer.name === 'session' ? { ...layer, mayImport: [...layer.mayImport, 'sqlite'] } : layer,
    );
    expect(tableViolations(broken)).toEqual(['session is core and may import sqlite']);
  });

  it('are found by the longest path that fits', () => {
    expect(layerOf('src/session/id.ts')?.name).toBe('id');
    expect(layerOf('src/session/session.ts')?.name).toBe('session');
    expect(layerOf('src/host/main.ts')?.name).toBe('host-entry');
    expect(layerOf('src/nowhere/a.ts')).toBeNull();
  });

  it.each([
    ['a static import', "import { LinuxDisk } from '../system/linux-disk.ts';"],
    ['an import of types', "import type { SqliteRegistry } from '../registry/sqlite-registry.ts';"],
    ['a dynamic import', "const { buildServer } = await import('../http/server.ts');"],
    ['an import for its effects', "import '../cli/program.ts';"],
    ['a re-export', "export { schema } from '../config/settings.ts';"],
    ['an import over several lines', "import {\n  a,\n  b,\n} from '../control/control-server.ts';"],
  ])('refuse %s of an adapter by the session', (_what, text) => {
    expect(importViolations([invented('session/new.ts', text)])).toHaveLength(1);
  });

  it('refuse a file that belongs nowhere, and one that leaves src/', () => {
    expect(importViolations([invented('nowhere/a.ts', '')])).toEqual([
      'src/nowhere/a.ts belongs to no layer',
    ]);
    expect(
      importViolations([invented('session/a.ts', "import '../../test/doubles/fake-clock.ts';")]),
    ).toHaveLength(1);
  });

  it('are the ones that ARCHITECTURE.md shows', () => {
    const shown = [...table('## Layers')].map(([name, places, kind, , mayImport]) => ({
      name,
      files: words(places),
      kind,
      mayImport: words(mayImport).map((word) => (word === 'all' ? '*' : word)),
    }));
    expect(shown).toEqual(layers);
  });
});

describe('packages', () => {
  it('are imported where they belong', () => {
    expect(packageViolations(files)).toEqual([]);
  });

  it.each(['whatsapp-web.js', 'puppeteer', 'better-sqlite3', 'fastify', 'left-pad'])(
    'refuse %s in a session',
    (name) => {
      expect(packageViolations([invented('session/new.ts', `import x from '${name}';`)])).toHaveLength(1);
    },
  );

  it('are seen in require and in sub-paths too', () => {
    const hidden = invented('host/new.ts', "const a = require('puppeteer/internal/x.js');");
    expect(packageViolations([hidden])).toHaveLength(1);
  });

  it('of the table are those that package.json installs', () => {
    const { dependencies, devDependencies } = JSON.parse(read('package.json'));
    const used = new Set(files.flatMap((file) => file.packages).filter((name) => !name.startsWith('node:')));
    const development = [...used].filter((name) => !(name in dependencies) && name in devDependencies);
    // The browser of the tests is looked for at run time, and used where it is installed.
    expect(development.filter((name) => name !== '@sparticuz/chromium')).toEqual([]);
  });
});

describe('cycles', () => {
  it('there are none', () => {
    expect(cycles(files)).toEqual([]);
  });

  it('are found, types included', () => {
    const ring = [
      invented('session/b.ts', "import type { C } from './c.ts';"),
      invented('session/c.ts', "import { a } from './a.ts';"),
      invented('session/a.ts', "export const b = () => import('./b.ts');"),
    ];
    expect(cycles(ring)).toEqual([
      'src/session/a.ts → src/session/b.ts → src/session/c.ts → src/session/a.ts',
    ]);
    expect(cycles([invented('session/a.ts', "import './a.ts';")])).toHaveLength(1);
  });
});

describe('time, timers and the process', () => {
  it('come from the ports', () => {
    expect(runtimeViolations(files)).toEqual([]);
  });

  it.each([
    ['Date.now', 'const t = Date.now();'],
    ['new Date()', 'const t = new Date();'],
    ['performance.now', 'const t = performance.now();'],
    ['setTimeout', 'setTimeout(() => {}, 10);'],
    ['setInterval', 'const t = setInterval(tick, 10);'],
    ['AbortSignal.timeout', 'ask(AbortSignal.timeout(10));'],
    ['process', 'const here = process.cwd();'],
    ['process', "const home = process['env'].HOME;"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source code as a text
    ['process', 'const line = `${process.pid}`;'],
    ['process', 'show({ a, process: 1 }, process.pid);'],
    ['globalThis', 'globalThis.setTimeout(f, 1);'],
    ['node:timers/promises', "import { setTimeout as sleep } from 'node:timers/promises';"],
  ])('%s is seen', (name, text) => {
    expect(runtimeUsesOf(invented('session/new.ts', text))).toContain(name);
    expect(runtimeViolations([invented('session/new.ts', text)], []).length).toBeGreaterThan(0);
  });

  it.each([
    '// Date.now() would jump',
    '/* process.exit() */',
    "const text = 'process.exit() and setTimeout';",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source code as a text
    'const text = `Date.now() ${clock.now()} setInterval`;',
    'const pattern = /["\'`]/.exec(line); const t = new Date(clock.now());',
    'clock.setTimer(5, fire); browser.process()?.pid;',
    'for (const process of found) if (process.pid === 1) end(process);',
    'function end(process: ProcessInfo) { return process.pid; }',
    'const ended = found.filter((process) => process.state);',
    'function context({ process, root }: Options) { return process.env; }',
  ])('is not seen in %s', (text) => {
    expect(runtimeUsesOf(invented('session/new.ts', text))).toEqual([]);
  });

  it('exceptions are needed and say why', () => {
    const unused = [{ file: 'session/new.ts', uses: ['process'], reason: 'none' }];
    expect(runtimeViolations([invented('session/new.ts', '')], unused)).toHaveLength(1);
    for (const { reason } of [...runtimeUses, ...longFiles]) expect(reason.length).toBeGreaterThan(20);
  });
});

describe('files', () => {
  it('are short', () => {
    expect(lengthViolations(files)).toEqual([]);
    expect(lengthViolations([invented('session/new.ts', 'a;\n'.repeat(300))], [])).toEqual([]);
    expect(lengthViolations([invented('session/new.ts', 'a;\n'.repeat(301))], [])).toHaveLength(1);
  });

  it('have names that say something', () => {
    expect(nameViolations(files)).toEqual([]);
    for (const name of ['session/utils.ts', 'helpers/a.ts', 'session/session-manager.ts']) {
      expect(nameViolations([invented(name, '')])).toHaveLength(1);
    }
  });

  it('are no barrels', () => {
    expect(barrelViolations(files)).toEqual([]);
    for (const text of [
      "export * from './a.ts';",
      "export { a } from './a.ts';\nexport type { B } from './b.ts';",
    ])
      expect(barrelViolations([invented('session/new.ts', text)])).toHaveLength(1);
    expect(barrelViolations([invented('session/index.ts', 'export const a = 1;')])).toHaveLength(1);
  });
});

it('modules are not replaced behind their importers’ back: files of tests share what they import', () => {
  const tests = globSync('{src,demo,test}/**/*.test.ts', { cwd: repository });
  expect(tests.length).toBeGreaterThan(100);
  const mocking = /\bvi\.(?:do)?mock\(/i;
  expect(tests.filter((path) => mocking.test(readFileSync(join(repository, path), 'utf8')))).toEqual([]);
});

describe('the demo', () => {
  const demo = sourceFiles('demo');

  it('knows the daemon by what anybody has of it, and imports nothing of src/', () => {
    expect(demo.length).toBeGreaterThan(10);
    const reached = new Set(demo.flatMap(({ imports }) => imports));
    expect([...reached].filter((path) => path.startsWith('src/'))).toEqual([]);
  });

  it('holds to the same rules', () => {
    expect(lengthViolations(demo, [])).toEqual([]);
    expect(nameViolations(demo)).toEqual([]);
    expect(barrelViolations(demo)).toEqual([]);
    expect(cycles(demo)).toEqual([]);
  });
});

function read(path: string): string {
  return readFileSync(join(repository, path), 'utf8');
}

/** The rows of the first table below a heading of ARCHITECTURE.md. */
function* table(heading: string): Generator<readonly string[]> {
  const below = read('ARCHITECTURE.md').split(`\n${heading}\n`)[1] ?? '';
  const rows = (below.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('|'));
  for (const row of rows.slice(2)) {
    yield row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  }
}

/** `a`, `b` or – */
function words(cell: string | undefined): string[] {
  return (cell ?? '')
    .replaceAll('`', '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '' && word !== '–');
}
