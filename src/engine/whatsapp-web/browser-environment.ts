/**
 * The environment that a browser is started with: the host's, less what is secret or ours. A page that
 * breaks out of its renderer must not find the keys of the vault there.
 */
type Environment = Readonly<Record<string, string | undefined>>;

const ours = /^VIGIL_/;
const services = /^(?:SUPABASE|DATABASE|REDIS|PG|AWS|RAILWAY)_?/;
const secrets = /KEY|TOKEN|SECRET|PASSW|CREDENTIAL/i;

export function browserEnvironment(environment: Environment): Environment {
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name, value]) =>
        value !== undefined && !ours.test(name) && !services.test(name) && !secrets.test(name),
    ),
  );
}
