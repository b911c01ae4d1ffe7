import { expect, test } from 'vitest';
import { browserEnvironment } from './browser-environment.ts';

test('a browser gets neither our settings nor any secret', () => {
  expect(
    browserEnvironment({
      PATH: '/bin',
      HOME: '/root',
      TZ: 'Europe/Berlin',
      LD_LIBRARY_PATH: '/opt/lib',
      FONTCONFIG_PATH: '/opt/fonts',
      VIGIL_API_KEY: 'x',
      VIGIL_VOLUME: 'x',
      SUPABASE_URL: 'x',
      DATABASE_URL: 'x',
      REDIS_URL: 'x',
      AWS_ACCESS_KEY_ID: 'x',
      GITHUB_TOKEN: 'x',
      SMTP_PASSWORD: 'x',
      UNSET: undefined,
    }),
  ).toEqual({
    PATH: '/bin',
    HOME: '/root',
    TZ: 'Europe/Berlin',
    LD_LIBRARY_PATH: '/opt/lib',
    FONTCONFIG_PATH: '/opt/fonts',
  });
});

test('keeps what is the bot’s from the browser, whatever it is called', () => {
  expect(browserEnvironment({ PATH: '/bin', SHOP: 'north' }, ['SHOP'])).toEqual({ PATH: '/bin' });
});
