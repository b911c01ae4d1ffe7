import { chromiumArguments } from '../chromium/arguments.ts';
import { probeLaunch } from '../chromium/launch-probe.ts';
import { resolveSandbox } from '../chromium/sandbox.ts';
import { VigilError } from '../errors.ts';
import { bad, good, warning } from '../wording/finding.ts';
import type { Check } from './context.ts';

const launchDeadline = 15_000;

const isMissing = (error: unknown): boolean =>
  error instanceof VigilError && error.code === 'chromium_not_found';

/** Found, recent enough, sandboxed, and really able to show a page. */
export const browserCheck: Check = {
  name: 'browser',
  async run(context, signal) {
    const { env, settings, clock, uid } = context;
    const found = await context.findBrowser(signal).catch(async (error: unknown) => {
      // One that is set is never replaced by another.
      const replaceable = settings.chromiumExecutable === null && isMissing(error);
      const packaged = replaceable && (await context.packagedBrowser());
      if (!packaged) throw error;
      return packaged;
    });
    if (typeof found === 'string') {
      return [
        warning(
          'browser',
          `none is installed; a start downloads one or unpacks that of ${found}`,
          'Nothing, or install one (`apt-get install chromium`) so that the first start is quick.',
        ),
      ];
    }
    const launch = (sandbox: boolean) => {
      const args = chromiumArguments({ sandbox, user: settings.chromiumArgs });
      return probeLaunch({ path: found.path, args, env, clock, deadline: launchDeadline });
    };
    const sandbox = await resolveSandbox({
      setting: settings.chromiumSandbox,
      executable: found.path,
      uid,
      probe: () => launch(true),
    });
    const verdict = await launch(sandbox.enabled);
    return [
      good('browser', `Chromium ${found.version} at ${found.path}`),
      sandbox.enabled ? good('sandbox', 'on') : warning('sandbox', `off: ${sandbox.why}`, sandbox.remedy),
      verdict.ok
        ? good('launch', `shows a page after ${verdict.ms} ms`)
        : bad(
            'launch',
            `the browser does not start: ${verdict.why}`,
            'Install what it misses (`apt-get install chromium` brings all its libraries), and check VIGIL_CHROMIUM_ARGS and VIGIL_CHROMIUM_SANDBOX.',
          ),
    ];
  },
};
