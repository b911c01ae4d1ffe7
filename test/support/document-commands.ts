/** The commands that the documents tell people to type, and why some of them are not typed by a test. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './source-tree.ts';

export interface Block {
  readonly document: string;
  readonly line: number;
  /** From `<!-- scene: … -->` in front of it: what has to lie around for it to be run. */
  readonly scene: string;
  readonly commands: readonly string[];
}

/** Documents for those who use the program. */
export const manuals: readonly string[] = [
  'README.md',
  'volume-layout.md',
  ...readdirSync(join(repository, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Where nothing is said: a checkout whose `data` holds the session `main`, linked and backed up. */
export const usualScene = 'checkout';

/** The first that fits is the reason. */
const notRun: readonly (readonly [RegExp, string])[] = [
  [/^(docker|podman)\b/, 'there is no engine for containers'],
  [/^railway\b/, 'nobody is logged in to Railway'],
  [/^(sudo )?(apt-get|apt)\b/, 'it changes the machine'],
  [/^(sudo )?(systemctl|crontab)\b/, 'it changes the machine'],
  [/^git (clone|pull)\b/, 'there is no public repository to ask'],
  [/^(npx wa-vigil|npm install -g wa-vigil)\b/, 'it is not on the registry'],
  [/^(mongofiles|aws)\b/, 'there is no such store'],
  [/^age\b/, 'the names are made up; src/encryption has a test that opens an archive with it'],
  [/^rsync\b/, 'there is no second machine'],
  [/^(\.\/vigil|npm) (run )?test\b/, 'that is what runs this'],
  [/^(\.\/)?vigil demo\b/, 'it has a test of its own, and takes two minutes'],
];

export function reasonNotToRun(command: string): string | null {
  return notRun.find(([pattern]) => pattern.test(command))?.[1] ?? null;
}

export function blocksIn(document: string, text: string): readonly Block[] {
  const found = text.matchAll(/(?:^<!-- scene: (.+) -->\n)?^```sh\n([\s\S]*?)^```$/gm);
  return [...found].map(({ 1: scene, 2: script = '', index }) => ({
    document,
    line: text.slice(0, index).split('\n').length,
    scene: scene ?? usualScene,
    commands: commandsOf(script),
  }));
}

export function allBlocks(): readonly Block[] {
  return manuals.flatMap((document) => blocksIn(document, readManual(document)));
}

export function readManual(document: string): string {
  return readFileSync(join(repository, document), 'utf8');
}

/** One a line, with what was broken over several joined, and without comments. */
function commandsOf(script: string): readonly string[] {
  return script
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .map((line) => line.replace(/(^|\s+)# .*$/, '').trim())
    .filter((line) => line !== '');
}

/** What a sentence names to be typed, each once. What is left open (`…`) is no command. */
export function commandsInSentences(text: string): readonly string[] {
  const outside = text.replaceAll(/^```[\s\S]*?^```/gm, '');
  const named = [...outside.matchAll(/`((?:\.\/)?vigil [^`\n]+)`/g)].map(([, command]) => command ?? '');
  return [...new Set(named)].filter((command) => !command.includes('…'));
}

/** The calls of `vigil` in a command, those inside a container included: verb and arguments. */
export function callsOfVigil(command: string): readonly (readonly string[])[] {
  const calls = command.matchAll(
    /(?:^|[;&|(] ?|\bexec (?:-\S+ )*\S+ |\bnpx wa-|\bssh (?:-\S+ )*)(?:\.\/)?vigil ([^;&|)]*)/g,
  );
  return [...calls].map(([, rest]) => (rest ?? '').trim().split(/\s+/));
}
