/**
 * Writes the documents that come from code, and the tables that come from measurements. With `--check` it writes nothing, says which are out of date and
 * exits with 1 if any is.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { documents } from '../src/config/documents.ts';
import { sizingDocument } from './sizing-document.ts';

const root = join(import.meta.dirname, '..');
const check = process.argv.includes('--check');

const sizing = {
  path: 'docs/sizing.md',
  text: sizingDocument(required('docs/figures.md'), required('docs/sizing.md')),
};

for (const { path, text } of [...documents(), sizing]) {
  const file = join(root, path);
  if (current(file) === text) continue;
  if (check) {
    console.error(`${path} is out of date: run \`node scripts/generate-docs.ts\` and commit it.`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    console.error(`${path} written.`);
  }
}

function required(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function current(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
