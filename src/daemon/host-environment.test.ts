import { expect, it } from 'vitest';
import { botEnvironment, hostEnvironment, missingForBots, secretsOfBots } from './host-environment.ts';

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

it('passes to bots what is named, says what is missing, and knows which of it no line may show', () => {
  const env = { OPENAI_API_KEY: 'canary', DB_URL: 'canary-db', MODE: 'main', OTHER_KEY: 'canary' };
  const names = ['OPENAI_API_KEY', 'DB_URL', 'MODE', 'GONE'];
  const bots = botEnvironment(names, env);
  expect(bots).toEqual({ OPENAI_API_KEY: 'canary', DB_URL: 'canary-db', MODE: 'main' });
  expect(secretsOfBots(bots)).toEqual(['canary', 'canary-db']);
  expect(missingForBots(names, env)).toEqual([expect.stringContaining('names GONE, which is not set')]);
});
