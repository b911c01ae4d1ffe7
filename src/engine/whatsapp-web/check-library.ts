/**
 * A program of its own: loads the library at the path that it is given and says in one line of JSON whether it has
 * what the engine calls. In a process that ends with it, since the library is large and may be anybody's.
 */
import { toVigilError } from '../../errors.ts';
import { loadLibrary } from './library-contract.ts';

function verdict(path: string | null): object {
  try {
    loadLibrary(path);
    return { usable: true };
  } catch (thrown) {
    const { message, details } = toVigilError(thrown);
    return { usable: false, message, details };
  }
}

// On a line of its own, after whatever the library itself prints. It may keep timers that nobody waits for.
process.stdout.write(`\n${JSON.stringify(verdict(process.argv[2] ?? null))}\n`);
process.exit();
