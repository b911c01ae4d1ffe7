import { chromiumArguments } from '../chromium/arguments.ts';
import { probeLaunch } from '../chromium/launch-probe.ts';
import { resolveSandbox } from '../chromium/sandbox.ts';
import { sharedMemorySize } from '../chromium/shared-memory.ts';
import type { Check } from './context.ts';
import { bad, good, warning } from './finding.ts';

const launchDeadline = 15_000;

/** Found, recent enough, sandboxed, and really able to show a page. */
export const browserCheck: Check = {
  name: 'browser',
  async run(context, signal) {
    const { settings, clock, uid } = context;
    const found = await context.findBrowser(signal);
    const env = { ...context.env, ...found.env };
    const sharedMemory = await sharedMemorySize();
    const launch = (sandbox: boolean) => {
      const args = chromiumArguments({
        sandbox,
        sharedMemory,
        browser: found.args,
        user: settings.chromiumArgs,
      });
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
      sandbox.enabled
        ? good('sandbox', 'on')
        : warning(
            'sandbox',
            `off: ${sandbox.why}`,
            'Run as an ordinary user where user namespaces are allowed; accept it on platforms that have no other way.',
          ),
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
