import { expect, it } from 'vitest';
import { ScriptedCli } from '../../test/doubles/scripted-cli.ts';
import { sessionId } from '../session/id.ts';
import type { WorkStep } from '../session/ports.ts';
import { outputFor } from './output.ts';
import { pairViewFor } from './pair-view.ts';

function shown(json: boolean) {
  const cli = new ScriptedCli();
  const place = { terminal: cli.stdout, page: null, id: sessionId('main'), now: () => cli.clock.now() };
  return { cli, view: pairViewFor(outputFor(cli.context(), json), place) };
}

const step = (name: WorkStep, done: number) => ({ event: 'progress', step: name, done, total: 100 }) as const;

it('tells people of each step of something long, and not of every byte', () => {
  const { cli, view } = shown(false);
  for (const done of [0, 50, 100]) view.show(step('download', done));
  view.show(step('unpack', 0));
  view.show(step('a step of tomorrow' as WorkStep, 0));
  expect(cli.stdout.text).toBe(
    'main: fetching it from the vault …\nmain: unpacking …\nmain: a step of tomorrow …\n',
  );
});

it('tells programs all of it', () => {
  const { cli, view } = shown(true);
  for (const done of [0, 50]) view.show(step('download', done));
  expect(
    cli.stdout.text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { event: 'progress', step: 'download', done: 0, total: 100 },
    { event: 'progress', step: 'download', done: 50, total: 100 },
  ]);
});
