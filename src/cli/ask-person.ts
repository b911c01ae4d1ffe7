/** A question to whoever sits at the terminal. */
import { createInterface } from 'node:readline';

/** The line that was typed; null where Ctrl-C, Ctrl-D or the signal came first. */
export type Ask = (question: string, signal: AbortSignal) => Promise<string | null>;

/** Null where either end is no terminal: then nobody can be asked. */
export function askOn(
  input: NodeJS.ReadableStream & { readonly isTTY?: boolean },
  output: NodeJS.WritableStream & { readonly isTTY?: boolean },
): Ask | null {
  if (input.isTTY !== true || output.isTTY !== true) return null;
  return (question, signal) =>
    new Promise((resolve) => {
      const lines = createInterface({ input, output, terminal: true });
      const leave = () => lines.close();
      lines.on('SIGINT', leave);
      lines.on('close', () => {
        signal.removeEventListener('abort', leave);
        // Nothing, after a line was typed.
        resolve(null);
      });
      signal.addEventListener('abort', leave, { once: true });
      if (signal.aborted) leave();
      else
        lines.question(question, (line) => {
          resolve(line);
          leave();
        });
    });
}
