/**
 * IndexedDB of one origin in SQLite, as newer versions of Chromium keep it: a file for each database, named by a hash
 * of its name. Almost everything may still lie in its `-wal`. SQLite changes what it opens, so that it gets copies.
 */
import { constants } from 'node:fs';
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { RegularFile } from '../../leveldb/regular-file.ts';
import { type FaultKind, faultOf, StoreFault } from '../../leveldb/store-fault.ts';
import { diskError } from '../../system/disk-error.ts';
import type { DatabaseEvidence } from '../verdict.ts';
import { byName, type Found, type Warning } from './found.ts';
import type { SqliteAnswer, SqliteQuestion } from './inspect-sqlite.ts';
import type { Look } from './look.ts';

/** A hash in Base32; `0` is the database without a name. */
const databaseFile = /^(?:[A-Z2-7]{52}|0)$/;
/** A file may claim any length and have nothing in it; the copy would fill the disk. */
const largestCopy = 4 * 1024 ** 3;
const attachments = ['-wal', '-journal'];

const program = new URL(
  import.meta.url.endsWith('.ts') ? './inspect-sqlite.ts' : './inspect-sqlite.js',
  import.meta.url,
);

/** Throws a `StoreFault`; a `VigilError` where the copies find no room. */
export async function readSqliteDatabases(
  directory: string,
  look: Look & { readonly scratch: string },
): Promise<Found<readonly DatabaseEvidence[]>> {
  const names = await readdir(directory).catch((error: unknown) => {
    throw faultOf(error, directory);
  });
  const databases = names.filter((name) => databaseFile.test(name)).toSorted();
  for (const name of names) {
    const owner = attachments
      .map((end) => name.slice(0, -end.length))
      .find((stem, at) => name === stem + attachments[at]);
    if (owner !== undefined && databaseFile.test(owner) && !databases.includes(owner))
      throw new StoreFault(
        'damaged',
        join(directory, owner),
        'is missing, and what was to be added to it is there',
      );
  }
  const answers = await inspectCopies(directory, names, { ...look, databases });
  const found: DatabaseEvidence[] = [];
  const warnings: Warning[] = [];
  for (const [at, answer] of answers.entries()) {
    const path = join(directory, databases[at] ?? '');
    if (answer.kind === 'blank') warnings.push({ path, finding: 'holds nothing yet' });
    else if (answer.kind === 'database')
      found.push({ name: answer.name, stores: answer.stores.toSorted(byName) });
  }
  raiseWorst(answers, databases, directory);
  return { found, warnings };
}

interface Copies extends Look {
  readonly databases: readonly string[];
  readonly scratch: string;
}

async function inspectCopies(
  directory: string,
  names: readonly string[],
  { databases, depth, scratch, signal, progress }: Copies,
): Promise<readonly SqliteAnswer[]> {
  if (databases.length === 0) return [];
  const copies = await mkdtemp(join(scratch, 'sqlite-')).catch((error: unknown) => {
    throw diskError(error, scratch, 'copy-database');
  });
  try {
    for (const database of databases) {
      for (const name of ['', ...attachments].map((end) => database + end)) {
        signal.throwIfAborted();
        if (names.includes(name)) await copy(join(directory, name), join(copies, name));
        progress();
      }
    }
    const question: SqliteQuestion = { paths: databases.map((name) => join(copies, name)), depth };
    return await ask(question, signal, progress);
  } finally {
    // SQLite may still be writing beside a copy, when it was not waited for.
    await rm(copies, { recursive: true, force: true, maxRetries: 3 }).catch(() => {});
  }
}

async function copy(from: string, to: string): Promise<void> {
  // Opens no link, no pipe and no device.
  await using file = await RegularFile.open(from);
  if (file.bytes > largestCopy)
    throw new StoreFault('unknown', from, 'is larger than any database that is known');
  await copyFile(file.path, to, constants.COPYFILE_FICLONE).catch((error: unknown) => {
    throw diskError(error, to, 'copy-database');
  });
}

function ask(
  question: SqliteQuestion,
  signal: AbortSignal,
  progress: () => void,
): Promise<readonly SqliteAnswer[]> {
  const answers: SqliteAnswer[] = [];
  return new Promise((resolve, reject) => {
    const worker = new Worker(program, {
      workerData: question,
      // It needs nothing of ours, and no loader of a test's.
      env: {},
      execArgv: ['--no-warnings'],
      resourceLimits: { maxOldGenerationSizeMb: 64 },
    });
    // A thread that is still within SQLite must not keep a process that has ended its work.
    worker.unref();
    const end = (settle: () => void) => {
      signal.removeEventListener('abort', abort);
      void worker.terminate().catch(() => {});
      settle();
    };
    const abort = () => end(() => reject(signal.reason));
    worker.on('message', (answer: SqliteAnswer) => {
      answers.push(answer);
      progress();
      if (answers.length === question.paths.length) end(() => resolve(answers));
    });
    worker.once('error', (error) => end(() => reject(error)));
    worker.once('exit', () =>
      end(() => reject(new Error('the thread that looks into SQLite ended too soon'))),
    );
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

/** Damage is told before what nobody can read. */
function raiseWorst(answers: readonly SqliteAnswer[], databases: readonly string[], directory: string): void {
  for (const kind of ['damaged', 'unreadable', 'unknown'] satisfies FaultKind[]) {
    const at = answers.findIndex((answer) => answer.kind === kind);
    const worst = answers[at];
    if (worst && 'finding' in worst)
      throw new StoreFault(kind, join(directory, databases[at] ?? ''), worst.finding);
  }
}
