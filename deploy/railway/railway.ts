/**
 * What ../../railway.toml says, in the form that Railway reads instead of it (README.md beside this file):
 *
 *   railway config plan --file deploy/railway/railway.ts
 *
 * Whatever a service has that its file does not name, `railway config apply` takes away: its source, a variable, a volume.
 * So everything is named here, and a plan is read before it is applied.
 */
import { defineRailway, github, preserve, project, service, volume } from 'railway/iac';

/** As your project calls them. */
const names = { project: 'wa-vigil', service: 'wa-vigil', volume: 'wa-vigil-volume' };
/** Yours, or your fork. */
const repository = 'OWNER/wa-vigil';

/** Nothing else of the project is managed from here: without this, a plan deletes every service that is not in the file. */
export const partial = 'wa-vigil';

/**
 * Stay as they are set on the platform, or not set. Whatever is not in this list would be taken away: add the variables
 * that are yours alone, such as those of a bot.
 */
const yours = [
  'AWS_ACCESS_KEY_ID',
  'AWS_DEFAULT_REGION',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_S3',
  'AWS_REGION',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'LOG_LEVEL',
  'PUPPETEER_EXECUTABLE_PATH',
  'SUPABASE_SECRET_KEY',
  'SUPABASE_SERVICE_ROLE_KEY',
  'SUPABASE_URL',
  'TZ',
  'VIGIL_ACTIVITY',
  'VIGIL_API_KEY',
  'VIGIL_BACKUP_AT',
  'VIGIL_BACKUP_CONCURRENCY',
  'VIGIL_BACKUP_ENCRYPTION',
  'VIGIL_BACKUP_EVERY',
  'VIGIL_BACKUP_IDENTITY',
  'VIGIL_BACKUP_KEEP',
  'VIGIL_BACKUP_KEEP_LAST',
  'VIGIL_BACKUP_KEEP_WEEKLY',
  'VIGIL_BACKUP_MAX_AGE',
  'VIGIL_BACKUP_OLD_PASSPHRASE',
  'VIGIL_BACKUP_ON_DRAIN',
  'VIGIL_BACKUP_PASSPHRASE',
  'VIGIL_BACKUP_RECIPIENTS',
  'VIGIL_BACKUP_SPREAD',
  'VIGIL_BOT',
  'VIGIL_BOT_ENV',
  'VIGIL_CHROMIUM_ARGS',
  'VIGIL_CHROMIUM_SANDBOX',
  'VIGIL_DEVICE_NAME',
  'VIGIL_DRAIN',
  'VIGIL_DRILL_EVERY',
  'VIGIL_EXPECT_MOUNT',
  'VIGIL_HEARTBEAT',
  'VIGIL_HOST',
  'VIGIL_HOST_HEAP',
  'VIGIL_LOCK_WAIT',
  'VIGIL_LOG_FORMAT',
  'VIGIL_PAIRING_TIMEOUT',
  'VIGIL_PING_URL',
  'VIGIL_PRESENCE',
  'VIGIL_PROBE_DEADLINE',
  'VIGIL_S3_PATH_STYLE',
  'VIGIL_SEAL_AFTER',
  'VIGIL_SESSIONS',
  'VIGIL_SPACE_FLOOR',
  'VIGIL_START_CONCURRENCY',
  'VIGIL_TAKE_OVER',
  'VIGIL_TRUSTED_PROXIES',
  'VIGIL_VAULT',
  'VIGIL_VAULT_MAX',
  'VIGIL_VOLUME',
  'VIGIL_WATCHDOG',
  'VIGIL_WEB_VERSION',
  'VIGIL_WWEBJS',
];

export default defineRailway(() => {
  const data = volume(names.volume);
  const vigil = service(names.service, {
    source: github(repository),
    build: { builder: 'DOCKERFILE', dockerfilePath: 'Dockerfile' },
    // Up, not ready: a deployment must not fail because a phone is not linked.
    healthcheck: '/health',
    healthcheckTimeout: 300,
    deploy: {
      restartPolicyType: 'ON_FAILURE',
      restartPolicyMaxRetries: 10,
      drainingSeconds: 60,
    },
    volumeMounts: { '/data': data },
    env: {
      ...Object.fromEntries(yours.map((name) => [name, preserve()])),
      PORT: '2790',
      // The same as drainingSeconds; this one is documented, and `vigil doctor` sees it.
      RAILWAY_DEPLOYMENT_DRAINING_SECONDS: '60',
    },
  });
  return project(names.project, { resources: [vigil, data] });
});
