/** The source files as the checks of the architecture see them: what each imports, and its text. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { blanked } from './source-text.ts';

export const repository = join(import.meta.dirname, '../..');

export interface SourceFile {
  /** From the repository's root: `src/session/state.ts`. */
  readonly path: string;
  readonly lines: number;
  /** Files of ours that it imports, statically, dynamically or for their types. */
  readonly imports: readonly string[];
  /** Names of packages that it imports, `node:` modules included. */
  readonly packages: readonly string[];
  /** Without comments, strings and regular expressions. */
  readonly code: string;
}

const importing =
  /(?:\bfrom\s*|\bimport\s*|(?<![\w$.])(?:import|require|require\.resolve|import\.meta\.resolve)\s*\(\s*)(['"])([^'"\n]+)\1/g;

export function sourceFile(path: string, text: string): SourceFile {
  const { withoutComments, code } = blanked(text);
  const named = [...withoutComments.matchAll(importing)].map(([, , name]) => name ?? '');
  return {
    path,
    lines: text.trimEnd().split('\n').length,
    imports: named.filter((name) => name.startsWith('.')).map((name) => join(path, '..', name)),
    packages: named.filter((name) => !name.startsWith('.')).map(packageOf),
    code,
  };
}

/** Every TypeScript file below a directory, tests and their support apart. */
export function sourceFiles(directory = 'src'): readonly SourceFile[] {
  return readdirSync(join(repository, directory), { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts') && !path.includes('/testing/'))
    .sort()
    .map((path) => sourceFile(path, readFileSync(join(repository, path), 'utf8')));
}

function packageOf(name: string): string {
  if (name.startsWith('node:')) return name;
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}
