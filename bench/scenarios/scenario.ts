import type { Build } from '../build.ts';
import type { Result } from '../figure.ts';
import type { Workshop } from '../workshop.ts';

export interface Request {
  /** Pairs. */
  readonly runs: number;
  /** Runs for real what is otherwise computed. */
  readonly full: boolean;
  /** What is going on, for whoever watches. */
  readonly told: (line: string) => void;
}

export type Scenario =
  | { readonly needs: 'browsers'; readonly run: (workshop: Workshop, request: Request) => Promise<Result> }
  | { readonly needs: 'program'; readonly run: (program: Build, request: Request) => Promise<Result> };
