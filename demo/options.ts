/** The command line of the demo. */
import { parseArgs } from 'node:util';

export interface Options {
  /** Everything in a row, without keys. */
  readonly auto: boolean;
  /** One document at the end instead of words. */
  readonly json: boolean;
  /** Writes the scoreboard to docs/ and README.md afterwards. */
  readonly record: boolean;
}

export const usage = `Usage: ./vigil demo [--auto [--json] [--record]]

wa-vigil beside a bare whatsapp-web.js program, three sessions each, on a simulated
WhatsApp Web. No phone and no internet. What it makes is removed at its end.

  k  kill a browser                    d  damage a profile
  l  kill it, leave a stale lock       h  hang a page
  f  burn the volumes down             q  end

Options:
  --auto      all of it in a row; exit code 0 when wa-vigil came back from everything
              and nobody had to scan a QR
  --json      with --auto: prints one JSON document at the end, and nothing before it
  --record    with --auto: writes docs/demo.txt, docs/demo.svg and README.md's table
  -h, --help  this
`;

/** A string says what is wrong with the arguments; null asks for help. */
export function optionsOf(args: readonly string[]): Options | string | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        auto: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        record: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (values.help) return null;
    const { auto, json, record } = values;
    if (!auto && (json || record)) return `--${json ? 'json' : 'record'} goes with --auto.`;
    return { auto, json, record };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
