/** How the server says no: HTTP status 400 for nearly everything, what is meant as text in the body. */
export class Refusal extends Error {
  readonly http: number;
  readonly body: Readonly<Record<string, unknown>>;

  constructor(statusCode: number, code: string, message: string, http = 400) {
    super(message);
    this.http = http;
    this.body = { statusCode: String(statusCode), error: code, message, code };
  }

  get status(): number {
    return Number(this.body['statusCode']);
  }
}

export const refusals = {
  duplicate: () => new Refusal(409, 'KeyAlreadyExists', 'The resource already exists'),
  tooLarge: () => new Refusal(413, 'EntityTooLarge', 'The object exceeded the maximum allowed size'),
  mimeType: (type: string) => new Refusal(415, 'InvalidMimeType', `mime type ${type} is not supported`),
  policy: () => new Refusal(403, 'AccessDenied', 'new row violates row-level security policy'),
  noObject: () => new Refusal(404, 'NoSuchKey', 'Object not found'),
  noBucket: () => new Refusal(404, 'NoSuchBucket', 'Bucket not found'),
  bucketExists: () => new Refusal(409, 'ResourceAlreadyExists', 'The resource already exists'),
  invalidKey: (key: string) => new Refusal(400, 'InvalidKey', `Invalid key: ${key}`),
  badKey: (why: string) => new Refusal(403, 'InvalidJWT', why),
  expiredUrl: () => new Refusal(400, 'InvalidJWT', '"exp" claim timestamp check failed'),
  nothingToRemove: () => new Refusal(400, 'InvalidRequest', 'body/prefixes must NOT have fewer than 1 items'),
  database: () => new Refusal(500, 'InternalError', 'Internal Server Error', 500),
  lostFile: () => new Refusal(500, 'InternalError', 'The file is not there', 500),
};
