import { Type } from 'typebox';
import type { App, RouteContext } from '../app.ts';
import { answers, success } from '../envelope.ts';
import { SettingRow } from '../schemas.ts';

/** The settings in force, for `vigil config`: paths and addresses, which are nobody's business on the network. */
export function settingsRoute(app: App, { clock, settings }: RouteContext): void {
  const config = { audience: 'control' as const };
  const schema = { response: answers(Type.Array(SettingRow)) };
  app.get('/api/settings', { config, schema }, async (request) => success(request, clock, [...settings()]));
}
