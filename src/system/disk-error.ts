import { VigilError } from '../errors.ts';
import { errnoOf } from './errno.ts';

/** The catalogue's name for what a disk said, with the path and the step that met it. */
export function diskError(error: unknown, path: string, step: string): VigilError {
  if (error instanceof VigilError) return error;
  const options = { cause: error, subject: path };
  const code = errnoOf(error);
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new VigilError('disk_full', `No space is left to write ${path} (${step}).`, options);
    case 'EROFS':
      return new VigilError('volume_permission', `${path} is on a read-only file system (${step}).`, {
        ...options,
        remedy:
          'Mount the volume writable; a file system that met errors is often remounted read-only (dmesg).',
      });
    case 'EACCES':
    case 'EPERM':
      return new VigilError('volume_permission', `This user may not write ${path} (${step}).`, options);
    case 'ENOENT':
    case 'ENOTDIR':
    case 'ENODEV':
    case 'ESTALE':
      return new VigilError(
        'volume_missing',
        `${path} or the directory that holds it is not there (${step}).`,
        {
          ...options,
          remedy: 'Look whether the volume is still mounted.',
        },
      );
    default:
      return new VigilError('internal', `The disk refused ${path} (${step}): ${code ?? String(error)}.`, {
        ...options,
        remedy: 'Look at the disk and at the kernel log (dmesg).',
      });
  }
}
