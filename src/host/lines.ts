import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';

/** Longer lines are cut: what a host writes is foreign and may be anything. */
const longest = 2_000;

/** Calls `take` with every line of a stream, and with what is left at its end. Never holds more than a line. */
export function forEachLine(stream: Readable, take: (line: string) => void): void {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let cut = false;
  const flush = (line: string) => {
    if (line.trim() !== '' && !cut) take(line.slice(0, longest));
    cut = false;
  };
  stream.on('data', (chunk: Buffer) => {
    const lines = (rest + decoder.write(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) flush(line);
    if (rest.length > longest) {
      flush(rest);
      rest = '';
      cut = true;
    }
  });
  stream.once('end', () => flush(rest + decoder.end()));
  // A pipe that breaks with its process tells nothing that the process's exit does not.
  stream.on('error', () => {});
}
