/** The SDK's client, with whatever it would do by itself and others do here switched off. */
import { S3Client } from '@aws-sdk/client-s3';

export interface S3Access {
  /** Null: AWS. */
  readonly endpoint: string | null;
  readonly region: string;
  readonly pathStyle: boolean;
  /** Null: what the machine itself is allowed. */
  readonly credentials: S3Credentials | null;
}

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string | null;
}

/** Milliseconds for a connection; for a socket over which nothing comes or goes. */
const connecting = 10_000;
const idle = 60_000;

export function s3Client({ endpoint, region, pathStyle, credentials }: S3Access): S3Client {
  return new S3Client({
    region,
    ...(endpoint === null ? {} : { endpoint }),
    forcePathStyle: pathStyle,
    ...(credentials === null
      ? {}
      : {
          credentials: {
            accessKeyId: credentials.accessKeyId,
            secretAccessKey: credentials.secretAccessKey,
            ...(credentials.sessionToken === null ? {} : { sessionToken: credentials.sessionToken }),
          },
        }),
    // Tries again over this one, for every kind of vault alike (backup/retrying-vault.ts).
    maxAttempts: 1,
    // Checksums in trailers are what stores other than AWS do not take. What was put is read back in any case.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // Waiting for a `100 Continue` that a proxy swallows costs seconds for each part.
    expectContinueHeader: false,
    requestHandler: { connectionTimeout: connecting, socketTimeout: idle },
  });
}
