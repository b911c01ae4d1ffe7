import { resolve } from 'node:path';
import { exitCode, VigilError } from '../../errors.ts';
import { type SessionId, sessionId } from '../../session/id.ts';
import type { ImportView } from '../../supervisor/backup-operations.ts';
import type { ImportPlanView, ImportSourceView } from '../../supervisor/import-operations.ts';
import { arrivedWords, awaitOnline, usualWait } from '../await-online.ts';
import { carryOut } from '../carry-out.ts';
import { consent, notConfirmed } from '../consent.ts';
import type { Connection } from '../context.ts';
import { durationOption } from '../duration-option.ts';
import { interruptedExit } from '../exit-codes.ts';
import { importedWords, leftWords, planWords, wouldWords } from '../import-words.ts';
import { errorDocument } from '../output.ts';
import { printable } from '../printable.ts';
import { type Call, callOf, type Register, withOperations } from '../verb.ts';

interface ImportOptions {
  readonly session?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly stopped?: boolean;
  readonly wait: boolean;
  readonly timeout: number;
}

/** What came of one profile. */
interface Attempt {
  readonly source: ImportSourceView;
  readonly result: ImportView | null;
  /** For people, as far as it went. */
  readonly words: string;
  /** In place, but it did not come online, or not in place at all where there is no result. */
  readonly error: VigilError | null;
}

export const registerImport: Register = (program, context, done) => {
  program
    .command('import')
    .argument('<path>', "a profile's directory, a directory that holds several, or the zip of a RemoteAuth")
    .description('take over sessions of another program with their logins, by a copy')
    .option('--session <id>', 'which of several; or what the only one is to be called')
    .option('--dry-run', 'copy it aside and look at it, say what would happen, and change nothing')
    .option('--yes', 'also where a session has a login, which goes to quarantine')
    .option('--stopped', 'the browser on another machine or in a container, whose lock is there, has ended')
    .option('--no-wait', 'return as soon as it is in place')
    .option('--timeout <duration>', 'how long to wait for each session afterwards', durationOption, usualWait)
    .addHelpText(
      'after',
      [
        '\nThe other program must be stopped, and stay so: two browsers of one login throw each other out.',
        'What it has is only read. Where each program keeps its sessions: docs/moving-over.md.',
      ].join('\n'),
    )
    .action(async (path: string, options: ImportOptions, command) => {
      done(await importAll(callOf(command, context), resolve(context.cwd(), path), options));
    });
};

async function importAll(call: Call, path: string, options: ImportOptions): Promise<number> {
  const { context, output } = call;
  const session = options.session === undefined ? null : sessionId(options.session);
  const interrupted = context.interrupted();
  return withOperations(call, async (connection) => {
    const plan = await connection.backups.importable({ path, session });
    const shown = planWords(path, plan, options.dryRun === true);
    if (!output.json) context.io.stderr.write(shown);
    if (!options.dryRun && !(await agreed(call, plan, options, interrupted))) {
      output.result(null, () => 'Nothing was changed.\n');
      return interruptedExit;
    }
    const attempts: Attempt[] = [];
    for (const source of plan.sources) {
      if (interrupted.aborted) break;
      attempts.push(await attempt(call, connection, source, { ...options, interrupted }));
    }
    const wasInterrupted = interrupted.aborted;
    output.result(
      {
        imports: attempts.map(({ source, result, error }) => ({
          source: source.source,
          session: source.session,
          result,
          error: error && errorDocument(error),
        })),
        passedOver: plan.passedOver,
      },
      () => attempts.map(attemptWords).join('') + (wasInterrupted ? leftWords(connection.mode) : ''),
    );
    if (wasInterrupted) return interruptedExit;
    return attempts.find(({ error }) => error !== null)?.error?.exit ?? exitCode.ok;
  });
}

/** A login that works is only replaced by somebody who knows. */
async function agreed(
  call: Call,
  { sources }: ImportPlanView,
  { yes = false }: ImportOptions,
  interrupted: AbortSignal,
): Promise<boolean> {
  if (!sources.some(({ standing, problem }) => standing === 'login' && problem === null)) return true;
  const ask = consent(call, yes, 'import');
  if (ask === null) return true;
  const answer = await ask('Go on? [y/N] ', interrupted);
  if (answer === null) return false;
  if (!/^\s*y(es)?\s*$/i.test(answer)) throw notConfirmed('import');
  return true;
}

type Watched = ImportOptions & { readonly interrupted: AbortSignal };

/** A failure of one is no reason to leave out the next. */
async function attempt(
  call: Call,
  connection: Connection,
  source: ImportSourceView,
  options: Watched,
): Promise<Attempt> {
  const { session, problem, remedy } = source;
  if (session === null || problem !== null) {
    const message = problem ?? `Nothing says whose ${source.source} is.`;
    const error = new VigilError('import_unusable', message, remedy === null ? {} : { remedy });
    return { source, result: null, words: '', error };
  }
  let done: Pick<Attempt, 'result' | 'words'> = { result: null, words: '' };
  try {
    const result = await take(call, connection, { ...source, session }, options);
    if (result === null) return { source, ...done, error: null };
    if (options.dryRun) {
      const there = await connection.operations.session(session).catch(unlessUnknown);
      return { source, result, words: wouldWords(result, there, connection.mode), error: null };
    }
    const now = call.context.clock.now();
    done = { result, words: importedWords(result, '', now) };
    const afterwards = await arrive(call, connection, session, options);
    return { source, result, words: importedWords(result, afterwards, now), error: null };
  } catch (thrown) {
    if (!(thrown instanceof VigilError)) throw thrown;
    return { source, ...done, error: thrown };
  }
}

function take(
  { output }: Call,
  { backups }: Connection,
  { session, source, standing }: ImportSourceView & { readonly session: SessionId },
  { dryRun = false, stopped = false, interrupted }: Watched,
): Promise<ImportView | null> {
  // Whoever has come this far has agreed to what the plan says.
  const request = { source, replace: standing === 'login', stopped, dryRun };
  const doing = `${dryRun ? 'Rehearsing the import of' : 'Importing'} ${session}`;
  const work = backups.import(session, request, interrupted);
  return carryOut(work, { doing, progress: output.progress(), interrupted });
}

/** As after a restore: a session that is started is waited for. */
async function arrive(
  { context, output }: Call,
  { operations, mode }: Connection,
  id: SessionId,
  { wait, timeout, interrupted }: Watched,
): Promise<string> {
  const session = await operations.session(id);
  if (session.wanted === 'stopped') return `It stays stopped: \`vigil start ${id}\` starts it.\n`;
  if (mode === 'volume') return 'No daemon runs: `vigil serve` starts it.\n';
  if (!wait) return 'It is being started.\n';
  const progress = output.progress();
  const options = { doing: 'Starting', timeout, clock: context.clock, interrupted, progress };
  const { session: last, arrived } = await awaitOnline(operations, session, options);
  return arrived ? arrivedWords(last) : '';
}

function attemptWords({ words, error }: Attempt): string {
  if (error === null) return words;
  return `${words}${printable(error.message)}\nWhat to do: ${printable(error.remedy)}\n`;
}

function unlessUnknown(thrown: unknown): null {
  if (thrown instanceof VigilError && thrown.code === 'session_not_found') return null;
  throw thrown;
}
