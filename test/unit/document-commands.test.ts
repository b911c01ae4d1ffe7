/** Commands in the documents cannot drift: verbs, flags and arguments are those of the program. test/e2e runs them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { optionsOf as demoOptions } from '../../demo/options.ts';
import { buildProgram } from '../../src/cli/program.ts';
import { ScriptedCli } from '../doubles/scripted-cli.ts';
import {
  allBlocks,
  blocksIn,
  callsOfVigil,
  commandsInSentences,
  manuals,
  readManual,
  reasonNotToRun,
} from '../support/document-commands.ts';
import { repository } from '../support/source-tree.ts';

const program = buildProgram(
  new ScriptedCli().context(),
  () => {},
  () => {},
);

describe('commands in the documents', () => {
  it.each(manuals)('of %s are of the form that the program expects', (document) => {
    const text = readManual(document);
    const blocks = blocksIn(document, text).flatMap(({ commands }) => commands);
    const calls = [...blocks, ...commandsInSentences(text)].flatMap(callsOfVigil);
    expect(calls.flatMap(faultOf)).toEqual([]);
  });

  it('with npm and node name what is there', () => {
    const { scripts } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8'));
    for (const command of allBlocks().flatMap(({ commands }) => commands)) {
      const script = /^npm run (\S+)/.exec(command)?.[1];
      if (script !== undefined) expect(Object.keys(scripts)).toContain(script);
      const file = /^node (\S+\.(?:ts|js|mjs))\b/.exec(command)?.[1];
      if (file !== undefined) expect(existsSync(join(repository, file)), file).toBe(true);
    }
  });

  it('are found where they are, with what has to lie around', () => {
    const text =
      'a\n```sh\n./vigil up  # runs\n\n# nothing\ndocker run \\\n  x\n```\n<!-- scene: s -->\n```sh\nls\n```\n';
    expect(blocksIn('README.md', text)).toEqual([
      { document: 'README.md', line: 2, scene: 'checkout', commands: ['./vigil up', 'docker run x'] },
      { document: 'README.md', line: 9, scene: 's', commands: ['ls'] },
    ]);
    expect(
      commandsInSentences('`vigil a`, `vigil a` `./vigil b --c` `vigil d …`\n```\n`vigil e`\n```'),
    ).toEqual(['vigil a', './vigil b --c']);
    expect(callsOfVigil('docker exec -it vigil vigil pair main && ./vigil logs x | head')).toEqual([
      ['pair', 'main'],
      ['logs', 'x'],
    ]);
  });

  it('that are wrong would be found', () => {
    expect(faultOf(['dance'])).toEqual(['there is no verb "dance"']);
    expect(faultOf(['pair', 'main', '--fone'])).toEqual(['"pair" has no --fone']);
    expect(faultOf(['sessions', 'main'])).toEqual(['"sessions" takes at most 0 arguments: main']);
    expect(faultOf(['pair', 'main', '--phone', '49', '--json', '--volume', '/x'])).toEqual([]);
  });

  it('are run, or have a reason not to be', () => {
    const all = allBlocks().flatMap(({ commands }) => commands);
    const left = all.filter((command) => reasonNotToRun(command) !== null);
    expect(all.length - left.length).toBeGreaterThan(15);
    expect(reasonNotToRun('./vigil up')).toBeNull();
    expect(reasonNotToRun('docker build .')).toBe('there is no engine for containers');
  });
});

/** A sentence for what the program would not understand. */
function faultOf([verb = '', ...words]: readonly string[]): readonly string[] {
  // Of the script in a checkout: its arguments are vitest's.
  if (verb === 'test') return [];
  if (verb === 'demo') {
    const options = demoOptions(words);
    return typeof options === 'string' ? [options] : [];
  }
  const command = program.commands.find((one) => one.name() === verb);
  if (command === undefined) return [`there is no verb "${verb}"`];
  const faults: string[] = [];
  const given: string[] = [];
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? '';
    if (!word.startsWith('-')) {
      given.push(word);
      continue;
    }
    const [flag = ''] = word.split('=');
    const option = optionsOf(command).find(({ long, short }) => long === flag || short === flag);
    if (option === undefined) faults.push(`"${verb}" has no ${flag}`);
    else if ((option.required || option.optional) && !word.includes('=')) index++;
  }
  const most = command.registeredArguments.length;
  if (given.length > most) faults.push(`"${verb}" takes at most ${most} arguments: ${given.join(' ')}`);
  return faults;
}

function optionsOf(command: Command): Command['options'] {
  return [...command.options, ...program.options, ...(command.parent?.options ?? [])];
}
