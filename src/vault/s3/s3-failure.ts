/**
 * What a store said, in the words of the port. By name before status: HEAD answers have no body, stores use 400 and 403
 * for much, and a proxy in between answers with a page. Of the SDK's error only the name, the status and a sentence
 * without keys are kept, since it carries the whole request.
 */
import { VigilError } from '../../errors.ts';
import { errnoOf } from '../../system/errno.ts';

export interface S3Place {
  /** As people name the vault. */
  readonly vault: string;
  readonly bucket: string;
  /** Null: AWS. */
  readonly endpoint: string | null;
  readonly secrets: readonly string[];
}

/** What is of interest in the error of an SDK that promises little about it. */
export interface S3Said {
  readonly name: string;
  readonly status: number | null;
  readonly message: string;
}

export function s3Said(error: unknown): S3Said {
  const said = error as {
    readonly name?: unknown;
    readonly Code?: unknown;
    readonly message?: unknown;
    readonly $metadata?: { readonly httpStatusCode?: unknown };
    readonly $response?: { readonly statusCode?: unknown };
  } | null;
  const status = said?.$metadata?.httpStatusCode ?? said?.$response?.statusCode;
  const name = [said?.Code, said?.name].find((each) => typeof each === 'string' && each !== 'Error');
  return {
    name: typeof name === 'string' ? name : 'Error',
    status: typeof status === 'number' ? status : null,
    message: typeof said?.message === 'string' ? said.message : String(error),
  };
}

/** HEAD says no more than the status. */
export const isAbsent = (error: unknown): boolean => {
  const { name, status } = s3Said(error);
  return status === 404 && name !== 'NoSuchBucket';
};

/** There already, or on its way there by another's hand at this moment. */
export const isTaken = (error: unknown): boolean => {
  const { name, status } = s3Said(error);
  return status === 412 || name === 'PreconditionFailed' || name === 'ConditionalRequestConflict';
};

/** The condition itself is what the store does not take. */
export const knowsNoCondition = (error: unknown): boolean => {
  const { name, status } = s3Said(error);
  return status === 501 || name === 'NotImplemented';
};

/** The request may have been carried out all the same. */
export const isAmbiguous = (error: unknown): boolean => {
  const { status } = s3Said(error);
  return status === null || status >= 500 || status === 408 || status === 200;
};

const full = ['QuotaExceeded', 'OverQuota', 'XMinioStorageFull', 'XMinioAdminBucketQuotaExceeded'];
const passing = ['SlowDown', 'RequestTimeout', 'ServiceUnavailable', 'InternalError', 'OperationAborted'];
const elsewhere = [
  'PermanentRedirect',
  'TemporaryRedirect',
  'AuthorizationHeaderMalformed',
  'IllegalLocationConstraintException',
];
const keys = [
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'InvalidToken',
  'CredentialsProviderError',
  'UnrecognizedClientException',
];

export function s3Failure(error: unknown, { vault, bucket, endpoint, secrets }: S3Place): unknown {
  if (error instanceof VigilError) return error;
  const said = s3Said(error);
  const { name, status } = said;
  // Neither a store's answer nor a network's: a fault of ours, which no trying again would mend.
  if (!isForeign(error)) return error;
  const words = inWords(said, error, secrets);
  const options = { subject: vault };
  const refused = (text: string, remedy: string) =>
    new VigilError('vault_refused', `${text} (${words}).`, { ...options, remedy });
  if (full.includes(name) || status === 507) {
    return new VigilError('disk_full', `The vault ${vault} has no space left (${words}).`, {
      ...options,
      remedy: 'Free space there or raise the quota, or name another vault with VIGIL_VAULT.',
    });
  }
  if (name === 'NoSuchBucket') {
    return refused(
      `The vault ${vault} is not there: the store has no bucket ${bucket}`,
      `Correct VIGIL_VAULT. For a new vault: \`vigil doctor --create\` makes the bucket, private; or make it by hand: aws ${endpoint === null ? '' : `--endpoint-url ${endpoint} `}s3api create-bucket --bucket ${bucket}`,
    );
  }
  if (keys.includes(name))
    return refused(
      `The vault ${vault} does not accept the keys`,
      'Correct AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or make new ones.',
    );
  if (elsewhere.includes(name) || (status !== null && status >= 300 && status < 400))
    return refused(
      `The vault ${vault} is in another region, or at another address`,
      'Correct AWS_REGION and AWS_ENDPOINT_URL_S3, and VIGIL_S3_PATH_STYLE where the store wants the other way.',
    );
  if (name === 'RequestTimeTooSkewed')
    return unavailable(
      vault,
      words,
      "Set this machine's clock (`vigil doctor`): signed requests end with their time.",
    );
  if (status === 401 || status === 403)
    return refused(
      `The vault ${vault} does not allow this`,
      `Give the key the right to list the bucket ${bucket}, and to get, put and delete what is in it.`,
    );
  if (
    passing.includes(name) ||
    status === null ||
    status === 408 ||
    status === 429 ||
    status < 300 ||
    status >= 500
  )
    return unavailable(vault, words);
  return refused(
    `The vault ${vault} does not take what it is asked`,
    'Look at VIGIL_VAULT, AWS_REGION and AWS_ENDPOINT_URL_S3; `vigil doctor` tries them.',
  );
}

/** The SDK marks what came of a request; Node what came of a socket. */
const isForeign = (error: unknown): boolean =>
  error instanceof Error &&
  ('$metadata' in error ||
    '$response' in error ||
    errnoOf(error) !== null ||
    ['TimeoutError', 'CredentialsProviderError'].includes(error.name));

/** @param words what is wrong, without the end of a sentence */
export function unavailable(vault: string, words: string, remedy?: string): VigilError {
  return new VigilError('vault_unavailable', `The vault ${vault} cannot be used just now (${words}).`, {
    subject: vault,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/** What every store says and no page in its place: to such a page the SDK finds an empty listing. */
export function requireAnswer(vault: string, mark: string | boolean | undefined): void {
  if (mark === undefined) throw unavailable(vault, 'what answers in its place is no store');
}

const longest = 200;

function inWords({ name, status, message }: S3Said, error: unknown, secrets: readonly string[]): string {
  const code = errnoOf(error);
  let text = message.replaceAll(/\s+/g, ' ').trim().replace(/\.$/, '');
  for (const secret of secrets) text = text.replaceAll(secret, '[secret]');
  const parts = [status === null ? null : `HTTP ${status}`, code ?? name, text.slice(0, longest)];
  return [...new Set(parts.filter((part) => part !== null && part !== ''))].join(', ');
}
