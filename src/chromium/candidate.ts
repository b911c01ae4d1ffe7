/** A browser that may do, and the question which version it is. */
import type { Clock } from '../system/clock.ts';
import { lastLine, runCommand } from './command.ts';

export type BrowserSource = 'setting' | 'system' | 'cache' | 'download' | 'package';

export interface Candidate {
  readonly path: string;
  readonly source: BrowserSource;
}

/** The oldest major version that WhatsApp Web and this program work with. */
export const oldestMajor = 120;

export type Verdict =
  | { readonly kind: 'usable'; readonly version: string }
  | { readonly kind: 'too_old'; readonly version: string }
  | { readonly kind: 'unusable'; readonly why: string };

export interface VersionQuestion {
  readonly env: NodeJS.ProcessEnv;
  readonly clock: Clock;
  /** Some browsers are scripts that take seconds. */
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
}

export async function judge(candidate: Candidate, question: VersionQuestion): Promise<Verdict> {
  const outcome = await runCommand({ ...question, file: candidate.path, args: ['--version'] });
  const version = /\b\d{2,4}\.\d+\.\d+\.\d+\b/.exec(outcome.stdout)?.[0];
  if (outcome.code === 0 && version !== undefined) {
    return Number.parseInt(version, 10) < oldestMajor
      ? { kind: 'too_old', version }
      : { kind: 'usable', version };
  }
  const said = lastLine(outcome.stderr) || lastLine(outcome.stdout);
  const what =
    outcome.failure ?? (outcome.code === 0 ? 'printed no version' : `ended with exit code ${outcome.code}`);
  return { kind: 'unusable', why: `${candidate.path} --version ${what}${said === '' ? '' : `: ${said}`}` };
}
