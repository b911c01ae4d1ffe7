/** An answer of JSON lines, read as they come. */
import type { IncomingMessage } from 'node:http';
import type { Clock, Timer } from '../system/clock.ts';

/** The daemon sends a line every 15 s at least. */
const longestSilence = 45_000;

/** Ends with the answer, whole or not: `response.complete` tells. A daemon that falls silent is taken for gone. */
export async function* jsonLines(response: IncomingMessage, clock: Clock): AsyncGenerator<unknown> {
  const listen = (): Timer => clock.setTimer(longestSilence, () => response.destroy());
  let silence = listen();
  let rest = '';
  response.setEncoding('utf8');
  try {
    for await (const text of response as AsyncIterable<string>) {
      silence.cancel();
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') yield JSON.parse(line);
      silence = listen();
    }
  } finally {
    silence.cancel();
  }
}
