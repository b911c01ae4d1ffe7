/** Resumable uploads: the real protocol server, as the service itself uses it; rows are written when the last byte is there. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FileStore } from '@tus/file-store';
import { Server } from '@tus/server';
import type { Asking } from './answer.ts';
import { requireUpload } from './object-routes.ts';
import { Refusal } from './refusal.ts';

export const resumablePath = '/storage/v1/upload/resumable';

export type Authorised = (authorization: string | undefined) => Omit<Asking, 'request'> | Refusal;

export function resumableServer(directory: string, authorised: Authorised): Server {
  const asking = (headers: Headers) => {
    const found = authorised(headers.get('authorization') ?? undefined);
    // Plain text, with real statuses; but a bad key is said in the form of everything else.
    if (found instanceof Refusal) throw { status_code: 400, body: JSON.stringify(found.body) };
    return found;
  };
  return new Server({
    path: resumablePath,
    datastore: new FileStore({ directory }),
    onIncomingRequest: async (request) => void asking(request.headers),
    async onUploadCreate(request, { metadata, size = null }) {
      const { bucketName: bucket, objectName: key } = named(metadata);
      const upsert = request.headers.get('x-upsert') === 'true';
      try {
        requireUpload(asking(request.headers) as Asking, { bucket, key, upsert, size });
      } catch (error) {
        if (error instanceof Refusal) throw { status_code: error.status, body: error.message };
        throw error;
      }
      return {};
    },
    async onUploadFinish(request, { id, metadata }) {
      const {
        bucketName: bucket,
        objectName: key,
        contentType,
        cacheControl,
        metadata: own,
      } = named(metadata);
      const bytes = await readFile(join(directory, id));
      const described = { mimeType: contentType, cacheControl: `max-age=${cacheControl}` };
      asking(request.headers).stored.write({
        ...{ bucket, key, bytes, ...described },
        metadata: own === '' ? null : JSON.parse(own),
      });
      return {};
    },
  });
}

const names = ['bucketName', 'objectName', 'contentType', 'cacheControl', 'metadata'] as const;

function named(metadata: Record<string, string | null> = {}): Record<(typeof names)[number], string> {
  return Object.fromEntries(names.map((name) => [name, metadata[name] ?? ''])) as ReturnType<typeof named>;
}
