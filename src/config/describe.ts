/** Settings as people see them: the rows of `vigil config`, docs/configuration.md and .env.example. */
import type { Source, Sources } from './load.ts';
import type { Section, Setting } from './setting.ts';
import { type Settings, settingKeys, settingOf } from './settings.ts';
import { ignoredNames, laterNames } from './unavailable.ts';

export interface EffectiveSetting {
  readonly name: string;
  /** Null when it is not set; masked when it is a secret. */
  readonly value: string | null;
  /** `default`, or the flag or variable that it came from. */
  readonly source: string;
  readonly default: string | null;
}

export function effectiveSettings(settings: Settings, sources: Sources): EffectiveSetting[] {
  return settingKeys.map((key) => {
    const definition = settingOf(key);
    return {
      name: definition.env,
      value: shown(definition, settings[key], sources[key]),
      source: sources[key].kind === 'default' ? 'default' : sources[key].name,
      default: definition.default,
    };
  });
}

function shown(definition: Setting<unknown>, value: unknown, source: Source): string | null {
  if (source.kind === 'default' && definition.default === null) return null;
  // Not even its length: a short key is a hint.
  return definition.secret ? '********' : definition.parser.format(value);
}

const sections: Readonly<Record<Section, string>> = {
  volume: 'Volume and sessions',
  browser: 'Browser and library',
  bot: 'Bots',
  http: 'HTTP',
  supervision: 'Supervision',
  backup: 'Backups',
  log: 'Log and time',
};

const bySection = (): [Section, Setting<unknown>[]][] =>
  (Object.keys(sections) as Section[]).map((section) => [
    section,
    settingKeys.map(settingOf).filter((definition) => definition.section === section),
  ]);

/** docs/configuration.md. */
export function configurationPage(): string {
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const defaultCell = ({ default: text }: Setting<unknown>) => (text === null ? '–' : `\`${cell(text)}\``);
  const tables = bySection().map(([section, definitions]) =>
    [
      `## ${sections[section]}`,
      '',
      '| name | default | meaning |',
      '| --- | --- | --- |',
      ...definitions.map((definition) => {
        const names = [definition.env, ...(definition.flag === undefined ? [] : [definition.flag])];
        const also = (definition.alsoEnv ?? []).map((name) => ` Falls back to \`${name}\`.`).join('');
        const secret = definition.secret ? ' Secret: never shown.' : '';
        const meaning = `${definition.description} Takes ${definition.parser.expected}.${also}${secret}`;
        return `| ${names.map((name) => `\`${name}\``).join('<br>')} | ${defaultCell(definition)} | ${cell(meaning)} |`;
      }),
    ].join('\n'),
  );
  return `${introduction}\n${tables.join('\n\n')}\n\n${afterword()}`;
}

const introduction = `<!-- Generated from src/config by \`node scripts/generate-docs.ts\`; do not edit. -->
# Configuration

A flag on the command line wins over an environment variable, and that over the default. \`vigil config\` shows
what is in force and where each value came from: what the daemon on the volume runs with, or, where none runs, what
one that is started in its place would.

Values are taken exactly as they are written or refused: every fault is reported together, the exit code is
78, and nothing starts. A name that begins with \`VIGIL_\` and is not listed here is a fault too. A name that is
set to nothing is a fault: remove it to use the default. Durations are written \`500ms\`, \`45s\`, \`2m\`, \`1h30m\`;
sizes \`100m\`, \`2g\` (powers of 1024). Relative paths are taken from the directory that the program runs in.
`;

const afterword = () => `## Why presence may be better off

With \`VIGIL_PRESENCE=on\` the heartbeat tells WhatsApp that the linked device is available, so contacts see the
number as online. WhatsApp then takes it that the account is being looked at, and the phone may not notify of new
messages. For a number that only a program answers this is harmless. When a person carries the phone, set it to
\`off\`, or switch it off for that session alone. Nothing else depends on it: the session is asked for its state
either way.

## Not part of this version yet

These names are refused (\`not_yet_available\`, exit code 78), so that nobody relies on what does not happen:

${laterNames.map(([name, what]) => `- \`${name}\`: ${what}`).join('\n')}

These are set by platforms and other programs; they are ignored with a warning:

${Object.entries(ignoredNames)
  .map(([name, why]) => `- \`${name}\`: ${why}`)
  .join('\n')}
`;

/** .env.example: every setting with its default, commented out. */
export function exampleEnv(): string {
  const blocks = bySection().map(([section, definitions]) =>
    [
      `# ── ${sections[section]} ──`,
      ...definitions.map((definition) =>
        [
          '',
          ...wrap(definition.description.replaceAll('`', ''), 98).map((line) => `# ${line}`),
          ...wrap(`Takes ${definition.parser.expected}.`, 98).map((line) => `# ${line}`),
          // The folder of the default stands for another one; a line that is uncommented as it is must not be used.
          `#${definition.env}=${definition.derived ? '' : (definition.default ?? '')}`,
        ].join('\n'),
      ),
    ].join('\n'),
  );
  return `# Generated from src/config by \`node scripts/generate-docs.ts\`; do not edit.
# Every setting with its default; see docs/configuration.md.

${blocks.join('\n\n')}
`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
