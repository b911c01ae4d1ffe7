import type { Parser } from './setting.ts';

/** Switches that would take the profile, and with it the login, or the browser's control out of our hands. */
const ours = [
  '--user-data-dir',
  '--profile-directory',
  '--incognito',
  '--guest',
  '--bwsi',
  '--remote-debugging-',
];

/** Further Chromium arguments: JSON, since an argument may hold spaces and commas. */
export const chromiumArguments: Parser<readonly string[]> = {
  expected: 'a JSON array of Chromium switches, such as ["--lang=de"]',
  parse: (text) => {
    let list: unknown;
    try {
      list = JSON.parse(text);
    } catch {
      return { ok: false };
    }
    if (!Array.isArray(list)) return { ok: false };
    for (const [index, item] of list.entries()) {
      const fault = faultOf(item);
      if (fault !== null) return { ok: false, found: `element ${index + 1}: ${fault}` };
    }
    return { ok: true, value: list };
  },
  format: (list) => JSON.stringify(list),
};

function faultOf(item: unknown): string | null {
  if (typeof item !== 'string') return `${JSON.stringify(item)}, which is not a string`;
  if (!/^--[a-z]/.test(item))
    return `${JSON.stringify(item)}, which is not a switch (--name or --name=value)`;
  const reserved = ours.find(
    (name) => item === name || item.startsWith(name.endsWith('-') ? name : `${name}=`),
  );
  return reserved === undefined ? null : `${JSON.stringify(item)}, which this program sets itself`;
}
