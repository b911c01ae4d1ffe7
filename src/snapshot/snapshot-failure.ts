import { VigilError } from '../errors.ts';

export function snapshotFailed(message: string, cause?: unknown): VigilError {
  return new VigilError('snapshot_failed', message, { cause });
}

/** What a disk or a store says has its own name; all else that can go wrong is that there is no snapshot. */
export function asSnapshotFailure(error: unknown): VigilError {
  if (error instanceof VigilError) return error;
  const why = error instanceof Error ? error.message : String(error);
  return snapshotFailed(`No snapshot was taken: ${why}`, error);
}
