import { bytes } from './parsers.ts';
import type { Parser } from './setting.ts';

/** So many bytes, or a part of what there is. */
export type Share = { readonly bytes: number } | { readonly percent: number };

/** In bytes. */
export async function bytesOf(share: Share, all: () => Promise<number>): Promise<number> {
  return 'bytes' in share ? share.bytes : Math.floor((share.percent / 100) * (await all()));
}

export function share(range: { readonly min: number; readonly max: number }): Parser<Share> {
  const size = bytes(range);
  return {
    expected: `${size.expected}, or a percentage from 1% to 100%`,
    parse: (text, cwd) => {
      const percent = /^([1-9]\d?|100)%$/.exec(text)?.[1];
      if (percent !== undefined) return { ok: true, value: { percent: Number(percent) } };
      const parsed = size.parse(text, cwd);
      return parsed.ok ? { ok: true, value: { bytes: parsed.value } } : parsed;
    },
    format: (value) => ('bytes' in value ? size.format(value.bytes) : `${value.percent}%`),
  };
}
