/** Documents that cannot drift: links resolve, verbs and settings exist, what is generated is current. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildProgram } from '../../src/cli/program.ts';
import { documents } from '../../src/config/documents.ts';
import { schema } from '../../src/config/settings.ts';
import { laterNames } from '../../src/config/unavailable.ts';
import { exitCode } from '../../src/errors.ts';
import { sessionId } from '../../src/session/id.ts';
import { reasons } from '../../src/session/reasons.ts';
import { newRecord } from '../../src/session/record.ts';
import { viewOf } from '../../src/session/view.ts';
import { ScriptedCli } from '../doubles/scripted-cli.ts';
import { repository } from '../support/source-tree.ts';

const read = (path: string): string => readFileSync(join(repository, path), 'utf8');

const left: ReadonlySet<string> = new Set(['node_modules', '.git', '.toolchain', 'dist', 'data', 'coverage']);

function* below(directory: string): Generator<string> {
  for (const entry of readdirSync(join(repository, directory), { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory() && !left.has(entry.name)) yield* below(path);
    else if (entry.isFile()) yield path;
  }
}

const pages = [...below('.')].filter((path) => path.endsWith('.md')).sort();
const withoutCode = (text: string): string => text.replaceAll(/^```[\s\S]*?^```/gm, '');

it('there are documents to check', () => {
  expect(pages).toEqual(
    expect.arrayContaining(['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'volume-layout.md']),
  );
});

describe('links', () => {
  it.each(pages)('of %s resolve', (page) => {
    expect(brokenLinks(page, read(page))).toEqual([]);
  });

  it('that do not resolve are found', () => {
    const text =
      '[a](nowhere.md) [b](README.md) [c](#nowhere) [d](README.md#nowhere)\n# Some `Where`, then\n[e](#some-where-then)';
    expect(brokenLinks('README.md', text)).toEqual(['nowhere.md', '#nowhere', 'README.md#nowhere']);
  });
});

describe('verbs', () => {
  const verbs = new Set(verbsOfTheProgram());
  // Of the script in a checkout.
  verbs.add('test');

  it('are found in the program', () => {
    expect([...verbs]).toEqual(expect.arrayContaining(['serve', 'pair', 'sessions', 'doctor']));
  });

  it.each(pages)('named in %s exist', (page) => {
    expect(verbsNamedIn(read(page)).filter((verb) => !verbs.has(verb))).toEqual([]);
  });

  it('that do not exist are found', () => {
    expect(verbsNamedIn('`vigil dance`, `./vigil up`, npx wa-vigil sing\n`vigil`')).toEqual([
      'dance',
      'up',
      'sing',
    ]);
  });

  it('are all among the commands', () => {
    verbs.delete('test');
    expect([...verbs].filter((verb) => !verbsNamedIn(read('docs/cli.md')).includes(verb))).toEqual([]);
  });
});

describe('settings', () => {
  const names = new Set(Object.values(schema).map(({ env }) => env as string));
  const known = (name: string): boolean =>
    names.has(name) ||
    name === 'VIGIL_*' ||
    laterNames.some(([later]) =>
      later.endsWith('*') ? name.startsWith(later.slice(0, -1)) : name === later,
    );

  it.each([...pages, 'Dockerfile', 'railway.toml', 'deploy/entrypoint.sh', '.env.example'])(
    'named in %s exist',
    (page) => {
      const named = read(page).match(/\bVIGIL_[A-Z0-9_]*(?:\*)?/g) ?? [];
      expect([...new Set(named)].filter((name) => name !== 'VIGIL_' && !known(name))).toEqual([]);
    },
  );

  it('that do not exist would be found', () => {
    expect(known('VIGIL_DRIAN')).toBe(false);
  });
});

describe('the runbook', () => {
  const symptoms = read('docs/operations.md').split('## By symptom')[1]?.split('\n## ')[0] ?? '';
  const stopped = ['record_unusable', 'profile_found'];

  it.each([...Object.keys(reasons), ...stopped])('says what to do about %s', (reason) => {
    expect(symptoms).toContain(`\`${reason}\``);
  });

  it('names no reason that there is not', () => {
    const named = [...symptoms.matchAll(/`(?:failed|disconnected|recovering|stopped)`, `(\w+)`/g)];
    const known = new Set([...Object.keys(reasons), ...stopped]);
    expect(named.length).toBeGreaterThan(10);
    expect(named.map(([, reason]) => reason).filter((reason) => !known.has(reason ?? ''))).toEqual([]);
  });
});

describe('generated documents', () => {
  it.each(documents().map(({ path, text }) => [path, text] as const))('%s is current', (path, text) => {
    expect(read(path)).toBe(text);
  });
});

describe('examples', () => {
  it.each(['README.md', 'examples/ping-pong/README.md'])(
    'that were moved over are what %s shows, in two lines',
    (path) => {
      const page = read(path);
      const [, file = '', diff = ''] = /<!-- moved: (\S+) -->\n```diff\n([\s\S]*?)```/.exec(page) ?? [];
      const lines = diff.trimEnd().split('\n');
      expect(lines.filter((line) => line.startsWith('-'))).toHaveLength(2);
      expect(lines.filter((line) => line.startsWith('+'))).toHaveLength(2);
      const moved = lines.filter((line) => !line.startsWith('-')).map((line) => line.slice(1));
      const whole = read(`examples/ping-pong/${file}`).trimEnd().split('\n');
      expect(whole.filter((line) => !line.startsWith('/**'))).toEqual(moved);
    },
  );
});

describe('shapes', () => {
  it('of a session among the commands are what `sessions --json` prints', () => {
    const sample = /<!-- shape: session -->\n```json\n([\s\S]*?)```/.exec(read('docs/cli.md'))?.[1] ?? '';
    const view = viewOf(newRecord(sessionId('main'), 0), { name: 'stopped' }, 0);
    expect(Object.keys(JSON.parse(sample))).toEqual(Object.keys(view));
  });

  it('of the states in ARCHITECTURE.md are the machine’s', () => {
    const union =
      /export type State =([\s\S]*?);\n\nexport type/.exec(read('src/session/state.ts'))?.[1] ?? '';
    const states = [...union.matchAll(/name: '(\w+)'/g)].map(([, name]) => name);
    const section = read('ARCHITECTURE.md').split('## Life of a session')[1]?.split('\n## ')[0] ?? '';
    const shown = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
    expect(states.length).toBeGreaterThan(8);
    expect(shown).toEqual(states);
  });

  it('of exit codes named in documents exist', () => {
    const numbers = new Set<number>(Object.values(exitCode));
    const named = pages.flatMap((page) =>
      [...read(page).matchAll(/[Ee]xit codes? (\d+)/g)].map(([, n]) => Number(n)),
    );
    expect(named.filter((number) => !numbers.has(number))).toEqual([]);
  });
});

function brokenLinks(page: string, text: string): string[] {
  const targets = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target ?? '');
  return targets
    .filter((target) => !/^[a-z]+:/.test(target))
    .filter((target) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(repository, file))) return true;
      return anchor !== undefined && !anchorsOf(path === '' ? text : read(file)).includes(anchor);
    });
}

function anchorsOf(text: string): string[] {
  return [...withoutCode(text).matchAll(/^#+ (.*)$/gm)].map(([, heading]) =>
    (heading ?? '')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

/** What follows `vigil` at the beginning of a code span or of a line of a shell. */
function verbsNamedIn(text: string): string[] {
  const named = /(?:`|^|\bexec (?:-it )?vigil )(?:\.\/)?vigil ([a-z-]+)|\bnpx wa-vigil ([a-z-]+)/gm;
  return [...text.matchAll(named)].map(([, verb, published]) => verb ?? published ?? '');
}

function verbsOfTheProgram(): string[] {
  const { commands } = buildProgram(
    new ScriptedCli().context(),
    () => {},
    () => {},
  );
  return commands.map((command) => command.name());
}
