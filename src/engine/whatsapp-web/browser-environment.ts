/**
 * The environment that a browser is started with: the host's, less what is secret or ours. A page that
 * breaks out of its renderer must not find the keys of the vault there.
 */
type Environment = Readonly<Record<string, string | undefined>>;

const ours = /^VIGIL_/;
const services = /^(?:SUPABASE|DATABASE|REDIS|PG|AWS|RAILWAY)_?/;
const secrets = /KEY|TOKEN|SECRET|PASSW|CREDENTIAL/i;

/** @param others names of further variables that are nobody's business but the bot's */
export function browserEnvironment(environment: Environment, others: readonly string[] = []): Environment {
  return Object.fromEntries(
    Object.entries(environment).filter(
      ([name, value]) =>
        value !== undefined &&
        !ours.test(name) &&
        !services.test(name) &&
        !secrets.test(name) &&
        !others.includes(name),
    ),
  );
}
