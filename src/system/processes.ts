/**
 * Processes of this machine, by what `/proc` says. A pid alone identifies nothing, since pids are reused:
 * whatever is to be killed is named by pid and start time together.
 */
export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly group: number;
  /** Clock ticks since boot (`/proc/<pid>/stat`, field 22). */
  readonly startTime: number;
  /** One letter: R, S, D, T, Z … */
  readonly state: string;
  /** Arguments as they were passed; empty for kernel threads and zombies. */
  readonly argv: readonly string[];
}

/** What names a process for good. */
export type ProcessIdentity = Pick<ProcessInfo, 'pid' | 'startTime'>;

/** Two paths with the same identity are the same file, whatever they are called. */
export interface FileIdentity {
  readonly device: bigint;
  readonly inode: bigint;
}

export interface Processes {
  /** Every process that can be seen, but those with a pid among `except`. One that ends meanwhile is left out. */
  list(except?: ReadonlySet<number>): Promise<readonly ProcessInfo[]>;
  find(pid: number): Promise<ProcessInfo | null>;
  /** The state of each of its threads, one letter each; empty when it is gone. */
  threads(pid: number): Promise<readonly string[]>;
  /** Milliseconds of processor time that all its threads have used; null when it is gone. */
  cpuTime(pid: number): number | null;
  /** Signals the process if it is still the same one (start time). False when it was gone; a zombie is. */
  signal(process: ProcessIdentity, signal: NodeJS.Signals): Promise<boolean>;
  /** Signals a whole process group; false when it has no member left. */
  signalGroup(group: number, signal: NodeJS.Signals): boolean;
  /**
   * What this process finds at `path`, by its own root and working directory: a container's `/data` is not
   * ours although it is called the same. `unknown` where the kernel does not let us look.
   */
  fileSeenBy(pid: number, path: string): Promise<FileIdentity | 'absent' | 'unknown'>;
  hostname(): string;
  /** The pid of this process. */
  self(): number;
}

/** A zombie has let go of everything but its number. */
export function isGone(process: ProcessInfo | null): boolean {
  return process === null || process.state === 'Z' || process.state === 'X';
}

/** Stopped by a signal, until another one lets it run: it neither ends by itself nor answers. */
export function isStopped(process: ProcessInfo): boolean {
  return process.state === 'T';
}
