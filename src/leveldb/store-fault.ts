/** The one error that reading a store raises on purpose; whoever reads turns it into a verdict or a `VigilError`. */
import { join } from 'node:path';
import { errnoOf } from '../system/errno.ts';

/**
 * `damaged`: what has to be there is not, or is not what it has to be. `unreadable`: the system does not let us look,
 * so nobody knows. `unknown`: a form that this version does not read.
 */
export type FaultKind = 'damaged' | 'unreadable' | 'unknown';

export class StoreFault extends Error {
  readonly kind: FaultKind;
  readonly path: string;
  /** What is wrong with the path, so that both make a sentence: `is missing`. Holds no content of a file. */
  readonly finding: string;

  constructor(kind: FaultKind, path: string, finding: string, options?: ErrorOptions) {
    super(`${path} ${finding}`, options);
    this.name = 'StoreFault';
    this.kind = kind;
    this.path = path;
    this.finding = finding;
  }
}

/** Faults of the files in one directory. */
export function damaged(directory: string, name: string, finding: string): StoreFault {
  return new StoreFault('damaged', join(directory, name), finding);
}

/** What the system said about a path. Its refusals say nothing about what lies there. */
export function faultOf(error: unknown, path: string): unknown {
  if (error instanceof StoreFault) return error;
  const code = errnoOf(error);
  if (code === null) return error;
  const finding = refusals.get(code);
  if (finding) return new StoreFault(finding.kind, path, finding.text, { cause: error });
  return new StoreFault('unreadable', path, `cannot be read: the system says ${code}`, { cause: error });
}

const refusals: ReadonlyMap<string, { readonly kind: FaultKind; readonly text: string }> = new Map([
  ['ENOENT', { kind: 'damaged', text: 'is missing' }],
  ['ENOTDIR', { kind: 'damaged', text: 'is missing, since what should be a directory is none' }],
  ['ELOOP', { kind: 'damaged', text: 'is a symbolic link, which is never followed' }],
  ['EISDIR', { kind: 'damaged', text: 'is a directory, not a file' }],
  ['ENXIO', { kind: 'damaged', text: 'is no regular file' }],
  ['EACCES', { kind: 'unreadable', text: 'may not be read by this user; another one may own it' }],
  ['EPERM', { kind: 'unreadable', text: 'may not be read by this user; another one may own it' }],
  ['EIO', { kind: 'unreadable', text: 'cannot be read: the disk reports an error' }],
]);
