import { VigilError } from '../../errors.ts';
import { sessionId } from '../../session/id.ts';
import type { SettingRow, SettingsInForce } from '../context.ts';
import { printable } from '../printable.ts';
import { sessionPatch } from '../session-patch.ts';
import { table } from '../table.ts';
import { callOf, type Register, withOperations } from '../verb.ts';

interface ConfigOptions {
  readonly set?: readonly string[];
  readonly unset?: readonly string[];
}

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export const registerConfig: Register = (program, context, done) => {
  program
    .command('config')
    .argument('[session]', "that session's own settings instead of the daemon's")
    .description('show the settings in force and where each came from; set those of one session')
    .option(
      '--set <name=value>',
      'heartbeat, watchdog, activity (durations, off), presence (on, off) or bot (path, off; from the next start on)',
      collect,
    )
    .option('--unset <name>', "follow the daemon's setting again", collect)
    .action(async (session: string | undefined, { set = [], unset = [] }: ConfigOptions, command) => {
      const call = callOf(command, context);
      const changes = set.length + unset.length > 0;
      if (session === undefined) {
        if (changes) throw daemonsAreFixed();
        show(await context.settings(call.flags, null));
      } else {
        const id = sessionId(session);
        if (changes) {
          const patch = sessionPatch(set, unset, context.cwd());
          await withOperations(call, ({ operations }) => operations.configure(id, patch));
        }
        show(await context.settings(call.flags, id));
      }
      done(0);

      function show({ rows, of }: SettingsInForce): void {
        call.output.result(rows, () => settingTable(rows) + whose[of]);
      }
    });
};

const whose: Readonly<Record<SettingsInForce['of'], string>> = {
  daemon: '\nThe daemon on this volume runs with these.\n',
  here: '\nNo daemon runs on this volume; one that is started here would run with these.\n',
  session: '',
};

function settingTable(rows: readonly SettingRow[]): string {
  return table(
    ['SETTING', 'VALUE', 'SOURCE'],
    rows.map(({ name, value, source }) => ({
      cells: [name, value === null ? '–' : printable(value), source],
    })),
  );
}

function daemonsAreFixed(): VigilError {
  return new VigilError(
    'usage',
    'The settings of the daemon come from its environment and its command line.',
    {
      remedy:
        'Set the variable that `vigil config` names and restart it; or name a session: `vigil config <session> --set …`.',
    },
  );
}
