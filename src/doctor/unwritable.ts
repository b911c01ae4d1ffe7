import { stat } from 'node:fs/promises';
import { toVigilError } from '../errors.ts';
import { errnoOf } from '../system/errno.ts';
import { bad, type Finding } from '../wording/finding.ts';

/** What kept a file from being written in a directory: of the directory, since nobody knows the file that was tried. */
export async function unwritable(
  { name, directory, uid }: { readonly name: string; readonly directory: string; readonly uid: number },
  thrown: unknown,
): Promise<Finding> {
  const error = toVigilError(thrown);
  switch (errnoOf(thrown)) {
    case 'ENOSPC':
    case 'EDQUOT':
      return bad(name, `no space is left in ${directory}`, error.remedy);
    case 'EROFS':
      return bad(name, `${directory} is on a read-only file system`, error.remedy);
    case 'EACCES':
    case 'EPERM':
      return forbidden(name, directory, uid);
    default:
      return bad(name, error.message, error.remedy);
  }
}

async function forbidden(name: string, directory: string, uid: number): Promise<Finding> {
  const found = `user ${uid} may not write in ${directory}`;
  const owner = await stat(directory).then(
    (it) => it.uid,
    () => uid,
  );
  if (owner === uid) return bad(name, found, `Give its owner that right: chmod u+rwx ${directory}`);
  return bad(
    name,
    `${found}, which belongs to user ${owner}`,
    `Run as user ${owner}, or hand it over: chown -R ${uid} ${directory}`,
  );
}
