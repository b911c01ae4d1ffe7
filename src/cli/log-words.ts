import { printable } from './printable.ts';
import type { Style } from './style.ts';

const known: ReadonlySet<string> = new Set(['time', 'level', 'msg', 'session']);
const tones = { warn: 'asking', error: 'bad', fatal: 'bad' } as const;

/** One line of a log for people: time, level, message, then whatever else it has. What is no JSON stays as it is. */
export function logWords(line: string, style: Style): string {
  const fields = parsed(line);
  if (fields === null) return printable(line);
  const level = String(fields['level'] ?? '');
  const others = Object.entries(fields)
    .filter(([name]) => !known.has(name))
    .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
    .join(' ');
  const shown = level.padEnd(5);
  const words = [
    style.dim(printable(String(fields['time'] ?? ''))),
    level in tones ? style.tone(tones[level as keyof typeof tones], shown) : shown,
    printable(String(fields['msg'] ?? '')),
    style.dim(printable(others)),
  ];
  return words.join(' ').trimEnd();
}

/** The line, or one that holds it where it is no JSON. */
export function jsonLine(line: string): string {
  return parsed(line) === null ? JSON.stringify({ msg: line }) : line;
}

function parsed(line: string): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
