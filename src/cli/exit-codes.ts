import { catalogue, type ErrorCode, exitCode } from '../errors.ts';

/** What shells use for a command that Ctrl-C ended. */
export const interruptedExit = 130;

/** `vigil help exit-codes --json`: every code of an error, by the exit code that it has. */
export function exitCodesDocument() {
  const numbers = [...new Set(Object.values(exitCode))].sort((a, b) => a - b);
  const errors = (number: number) =>
    (Object.keys(catalogue) as ErrorCode[])
      .filter((code) => catalogue[code].exit === number)
      .map((code) => ({ code, meaning: catalogue[code].meaning, remedy: catalogue[code].remedy }));
  return [...numbers, interruptedExit].map((exit) => ({ exit, errors: errors(exit) }));
}

/** `vigil help exit-codes`, from the catalogue. */
export function exitCodesHelp(): string {
  const lines = [`${'0'.padStart(3)}  ok`];
  const numbers = [...new Set(Object.values(exitCode))]
    .filter((number) => number !== 0)
    .sort((a, b) => a - b);
  for (const number of numbers) {
    const codes = (Object.keys(catalogue) as ErrorCode[]).filter((code) => catalogue[code].exit === number);
    if (number === exitCode.doctor)
      lines.push(line(number, 'doctor: `vigil doctor` found something that must be mended.'));
    codes.forEach((code, index) => {
      lines.push(line(index === 0 ? number : null, `${code}: ${catalogue[code].meaning}`));
    });
  }
  lines.push(
    line(
      interruptedExit,
      'Ctrl-C while it waited. What changes something goes on in the daemon; what only looks ends.',
    ),
  );
  return `Exit codes. With --json an error is {"error":{"code","message","remedy"}} on standard output.\n\n${lines.join('\n')}\n`;
}

const line = (number: number | null, text: string): string => `${String(number ?? '').padStart(3)}  ${text}`;
