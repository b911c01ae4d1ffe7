/** What src/ must look like, as functions from files to violations in words, so that each can be shown to fail. */
import { type Layer, layers, longFiles, packages, runtimeUses } from './layers.ts';
import type { SourceFile } from './source-tree.ts';

export const longest = 300;

const inside = (path: string, place: string): boolean =>
  place.endsWith('/') ? path.startsWith(`src/${place}`) : path === `src/${place}`;

export function layerOf(path: string): Layer | null {
  let best: { layer: Layer; length: number } | null = null;
  for (const layer of layers) {
    for (const place of layer.files) {
      if (inside(path, place) && place.length > (best?.length ?? -1)) best = { layer, length: place.length };
    }
  }
  return best?.layer ?? null;
}

/** The table itself: a core that may import an adapter is none. */
export function tableViolations(table: readonly Layer[]): string[] {
  const kinds = new Map(table.map(({ name, kind }) => [name, kind]));
  const forbidden = { core: ['adapter', 'root'], adapter: ['root'], root: [] as string[] };
  return table.flatMap(({ name, kind, mayImport }) =>
    mayImport.flatMap((other) => {
      const target = other === '*' ? 'root' : kinds.get(other);
      if (target === undefined) return [`${name} may import "${other}", which is no layer`];
      return forbidden[kind].includes(target) ? [`${name} is ${kind} and may import ${other}`] : [];
    }),
  );
}

export function importViolations(files: readonly SourceFile[]): string[] {
  return files.flatMap(({ path, imports }) => {
    const layer = layerOf(path);
    if (!layer) return [`${path} belongs to no layer`];
    return imports.flatMap((imported) => {
      if (!imported.startsWith('src/')) return [`${path} imports ${imported}, which is not in src/`];
      const other = layerOf(imported);
      if (!other) return [`${path} imports ${imported}, which belongs to no layer`];
      if (other === layer || layer.mayImport.includes(other.name) || layer.mayImport.includes('*')) return [];
      return [`${path} (${layer.name}) imports ${imported} (${other.name})`];
    });
  });
}

export function packageViolations(files: readonly SourceFile[]): string[] {
  return files.flatMap((file) =>
    file.packages
      .filter((name) => !name.startsWith('node:'))
      .flatMap((name) => {
        const places = packages[name];
        if (!places) return [`${file.path} imports ${name}, which has no place in test/support/layers.ts`];
        return places.some((place) => inside(file.path, place)) ? [] : [`${file.path} imports ${name}`];
      }),
  );
}

/** One violation for each cycle, beginning with its first file in the alphabet. */
export function cycles(files: readonly SourceFile[]): string[] {
  const edges = new Map(files.map(({ path, imports }) => [path, imports]));
  const finished = new Set<string>();
  const found = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const seen = trail.indexOf(path);
    if (seen >= 0) {
      const cycle = trail.slice(seen);
      const first = cycle.indexOf([...cycle].sort()[0] ?? path);
      const turned = [...cycle.slice(first), ...cycle.slice(0, first)];
      found.add([...turned, turned[0]].join(' → '));
      return;
    }
    if (finished.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    finished.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return [...found];
}

const runtime: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['Date.now', /(?<![\w$.])Date\s*\.\s*now\b/],
  ['new Date()', /\bnew\s+Date\s*\(\s*\)/],
  ['performance.now', /(?<![\w$.])performance\s*\.\s*now\b/],
  ['setTimeout', /(?<![\w$.#])setTimeout\b/],
  ['setInterval', /(?<![\w$.#])setInterval\b/],
  ['AbortSignal.timeout', /(?<![\w$.])AbortSignal\s*\.\s*timeout\b/],
  ['process', /(?<![\w$.#])process\s*\??[.[]/],
  ['globalThis', /(?<![\w$.])globalThis\b/],
];
const runtimeModules: ReadonlySet<string> = new Set([
  'node:process',
  'node:timers',
  'node:timers/promises',
  'node:perf_hooks',
]);
/** Code that names a value of its own `process`: one of the operating system, or one that was handed in. */
const ownProcess =
  /\b(?:const|let)\s+process\b|\(\s*process\s*\)\s*=>|\bprocess\s*:\s*[A-Z]|[{,]\s*process\s*(?:,[^{}()]*)?\}\s*(?::[^=;]*)?(?:\)|=)/;

/** The ports to the runtime, and the entries that hand it out. */
const runtimePlaces = ['system/', 'main.ts', 'host/main.ts'];

export function runtimeUsesOf({ code, packages: imported }: SourceFile): string[] {
  return [
    ...runtime
      .filter(([name, pattern]) => pattern.test(code) && !(name === 'process' && ownProcess.test(code)))
      .map(([name]) => name),
    ...imported.filter((name) => runtimeModules.has(name)),
  ];
}

export function runtimeViolations(files: readonly SourceFile[], exceptions = runtimeUses): string[] {
  const checked = files.filter(({ path }) => !runtimePlaces.some((place) => inside(path, place)));
  const allowed = new Map(exceptions.map(({ file, uses }) => [`src/${file}`, uses]));
  const used = new Map(checked.map((file) => [file.path, runtimeUsesOf(file)]));
  const needless = exceptions.flatMap(({ file, uses }) =>
    uses
      .filter((name) => !used.get(`src/${file}`)?.includes(name))
      .map((name) => `src/${file} is allowed ${name} and does not use it`),
  );
  const violations = [...used].flatMap(([path, names]) =>
    names.filter((name) => !allowed.get(path)?.includes(name)).map((name) => `${path} uses ${name}`),
  );
  return [...violations, ...needless];
}

export function lengthViolations(files: readonly SourceFile[], exceptions = longFiles): string[] {
  const limits = new Map(exceptions.map(({ file, lines }) => [`src/${file}`, lines]));
  const needless = exceptions
    .filter(({ file }) => (files.find(({ path }) => path === `src/${file}`)?.lines ?? 0) <= longest)
    .map(({ file }) => `src/${file} is allowed to be long and is not`);
  const violations = files
    .filter(({ path, lines }) => lines > (limits.get(path) ?? longest))
    .map(({ path, lines }) => `${path} has ${lines} lines, at most ${limits.get(path) ?? longest}`);
  return [...violations, ...needless];
}

const sayingNothing: ReadonlySet<string> = new Set(
  'util utils utility utilities helper helpers manager managers common misc'.split(' '),
);

export function nameViolations(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path }) => path.split(/[/.-]/).some((word) => sayingNothing.has(word)))
    .map(({ path }) => `${path} has a name that says nothing`);
}

export function barrelViolations(files: readonly SourceFile[]): string[] {
  return files
    .filter(({ path, code }) => {
      if (/\/index\.ts$/.test(path) || /\bexport\s+(?:type\s+)?\*/.test(code)) return true;
      const statements = code.replaceAll(/\bexport\s+(?:type\s+)?\{[^}]*\}\s*from\s*'[^']*'\s*;?/g, '');
      return statements.trim() === '' && code.trim() !== '';
    })
    .map(({ path }) => `${path} only passes on what others export`);
}
