/** Commands of `docker` as documents show them, taken apart; what is not known here is an error. */

/** Every one of a page: lines of its shell blocks, and code within its text. A verb alone is only talked about. */
export function dockerCommands(page: string): readonly (readonly string[])[] {
  const blocks = [...page.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, block]) => block ?? '');
  const lines = blocks.flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'));
  const spans = [...page.replaceAll(/^```[\s\S]*?^```/gm, '').matchAll(/`([^`\n]+)`/g)].map(
    ([, span]) => span ?? '',
  );
  return [...lines, ...spans]
    .flatMap((line) => line.split(/\s(?:&&|\|)\s/))
    .map((line) => line.trim())
    .filter((line) => /^docker \S+ \S/.test(line))
    .map(wordsOf);
}

/** As a shell splits them; variables stay as they are. */
export function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replaceAll(/["']/g, ''));
}

export interface DockerRun {
  /** By the long name where there is one: each value, or none for a switch. */
  readonly flags: ReadonlyMap<string, readonly string[]>;
  readonly image: string;
  readonly command: readonly string[];
}

const switches: ReadonlySet<string> = new Set(['-d', '--rm', '-it', '--init', '--read-only']);
const valued: ReadonlySet<string> = new Set([
  ...['--name', '--restart', '--stop-timeout', '-p', '-v', '-e', '--user', '--tmpfs', '--entrypoint'],
  ...['--cap-add', '--cap-drop', '--memory', '--pids-limit', '--security-opt'],
]);

/** `words` begin after `docker run`. */
export function dockerRun(words: readonly string[]): DockerRun {
  const flags = new Map<string, string[]>();
  let at = 0;
  for (; words[at]?.startsWith('-'); at++) {
    const flag = words[at] ?? '';
    if (switches.has(flag)) flags.set(flag, []);
    else if (valued.has(flag)) flags.set(flag, [...(flags.get(flag) ?? []), words[++at] ?? '']);
    else throw new Error(`docker run ${flag} is not known here`);
  }
  const [image, ...command] = words.slice(at);
  if (image === undefined) throw new Error(`docker run ${words.join(' ')} names no image`);
  return { flags, image, command };
}

/** `-v source:target[:ro]`. */
export function mountsOf({
  flags,
}: DockerRun): readonly { readonly source: string; readonly target: string }[] {
  return (flags.get('-v') ?? []).map((value) => {
    const [source = '', target = ''] = value.split(':');
    return { source, target };
  });
}

/** `-e NAME=value`; a name alone takes the value of the shell, which is null here. */
export function environmentOf({ flags }: DockerRun): Readonly<Record<string, string | null>> {
  return Object.fromEntries(
    (flags.get('-e') ?? []).map((value) => {
      const [name = '', ...rest] = value.split('=');
      return [name, rest.length === 0 ? null : rest.join('=')];
    }),
  );
}
