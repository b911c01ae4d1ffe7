import { expect, it } from 'vitest';
import { hostEnvironment } from './host-environment.ts';

const secrets = {
  VIGIL_API_KEY: 'canary',
  VIGIL_VAULT_KEY: 'canary',
  SUPABASE_URL: 'https://canary.supabase.co',
  SUPABASE_SERVICE_ROLE_KEY: 'canary',
  AWS_ACCESS_KEY_ID: 'canary',
  AWS_SECRET_ACCESS_KEY: 'canary',
  AWS_SESSION_TOKEN: 'canary',
  DATABASE_URL: 'postgres://user:canary@db/vigil',
  RAILWAY_TOKEN: 'canary',
  NPM_TOKEN: 'canary',
  HTTPS_PROXY: 'http://user:canary@proxy',
  NODE_OPTIONS: '--require=/canary.js',
  LD_PRELOAD: '/canary.so',
  path: 'canary',
  LC: 'canary',
};

it('passes no secret to hosts and browsers', () => {
  expect(hostEnvironment(secrets)).toEqual({});
});

it('passes what programs need to run, find libraries and show text', () => {
  const needed = { PATH: '/bin', HOME: '/home/vigil', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', TZ: 'UTC' };
  expect(hostEnvironment({ ...secrets, ...needed })).toEqual(needed);
});
