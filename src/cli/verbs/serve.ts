import { type SettingKey, settingKeys, settingOf } from '../../config/settings.ts';
import { callOf, type Register } from '../verb.ts';

/** Settings that are options of every verb already. */
const global: ReadonlySet<SettingKey> = new Set(['volume']);

export const registerServe: Register = (program, context, done) => {
  const verbs = [
    ['serve', false, 'run the daemon in the foreground'],
    ['up', true, 'run the daemon and show QRs in this terminal (to try it out)'],
  ] as const;
  for (const [name, showQr, summary] of verbs) {
    const verb = program.command(name).description(summary);
    for (const key of settingKeys) {
      const { flag, env } = settingOf(key);
      if (flag && !global.has(key)) verb.option(flag, `as ${env}`);
    }
    verb.action(async (_options, command) => {
      const { flags, output } = callOf(command, context);
      // A daemon's results are its log lines.
      const json = output.json && flags.logFormat === undefined ? { logFormat: 'json' } : {};
      done(await context.serve({ ...flags, ...json }, { showQr: showQr && !output.json }));
    });
  }
};
