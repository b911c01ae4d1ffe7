/**
 * Backups, for the private socket alone: what restores or erases a login is not for the network yet. A verification,
 * a drill and a rehearsal end when whoever asked for them has gone; a backup, a restore and a purge that have begun go on,
 * since half of one helps nobody. All of them end with the daemon.
 */
import type { FastifyReply } from 'fastify';
import { Type } from 'typebox';
import { sessionId } from '../../session/id.ts';
import type { BackupOperations, Work } from '../../supervisor/backup-operations.ts';
import type { App, HttpLog, RouteContext } from '../app.ts';
import { answers, success } from '../envelope.ts';
import { problem } from '../problems.ts';
import {
  BackupParams,
  BackupView,
  DrillBody,
  ImportBody,
  ImportPlan,
  ImportPlanBody,
  RecoveryBody,
  RestoreBody,
  SessionParams,
} from '../schemas.ts';
import { workLines } from '../work-lines.ts';

export interface BackupRoutes extends Pick<RouteContext, 'clock'> {
  readonly backups: BackupOperations;
  readonly log: HttpLog;
}

type Begin = (signal: AbortSignal) => Work<unknown>;

export function backupRoutes(app: App, { backups, clock, log }: BackupRoutes): void {
  const config = { audience: 'control' as const };
  const one = { params: SessionParams };
  const list = answers(Type.Array(BackupView));
  const underWay = new Set<AbortController>();
  // Before the server waits for its connections.
  app.addHook('preClose', async () => {
    for (const work of underWay) work.abort();
  });

  app.get('/api/backups', { config, schema: { response: list } }, async (request) =>
    success(request, clock, [...(await backups.backups(null))]),
  );

  app.get('/api/sessions/:id/backups', { config, schema: { ...one, response: list } }, async (request) =>
    success(request, clock, [...(await backups.backups(sessionId(request.params.id)))]),
  );

  app.post('/api/sessions/:id/backup', { config, schema: one }, async (request, reply) => {
    const id = sessionId(request.params.id);
    return lasting(reply, (signal) => backups.backup(id, signal));
  });

  app.post(
    '/api/sessions/:id/restore',
    { config, schema: { ...one, body: RestoreBody } },
    async (request, reply) => {
      const id = sessionId(request.params.id);
      const options = request.body;
      const begin: Begin = (signal) => backups.restore(id, options, signal);
      return options.dryRun ? passing(reply, begin) : lasting(reply, begin);
    },
  );

  app.post(
    '/api/sessions/:id/backups/:backup/clear',
    { config, schema: { params: BackupParams, response: answers(BackupView) } },
    async (request) => {
      const { id, backup } = request.params;
      return success(request, clock, await backups.clear(sessionId(id), backup));
    },
  );

  app.post('/api/sessions/:id/verify', { config, schema: one }, async (request, reply) => {
    const id = sessionId(request.params.id);
    return passing(reply, (signal) => backups.verify(id, signal));
  });

  app.post(
    '/api/sessions/:id/drill',
    { config, schema: { ...one, body: DrillBody } },
    async (request, reply) => {
      const id = sessionId(request.params.id);
      return passing(reply, (signal) => backups.drill(id, request.body.which, signal));
    },
  );

  app.post('/api/sessions/:id/purge', { config, schema: one }, async (request, reply) => {
    const id = sessionId(request.params.id);
    return lasting(reply, (signal) => backups.purge(id, signal));
  });

  app.post('/api/recovery', { config, schema: { body: RecoveryBody } }, async (request, reply) => {
    const { sessions, ...options } = request.body;
    const asked = { ...options, sessions: sessions?.map((id) => sessionId(id)) ?? null };
    const begin: Begin = (signal) => backups.recover(asked, signal);
    return asked.dryRun ? passing(reply, begin) : lasting(reply, begin);
  });

  app.post(
    '/api/imports',
    { config, schema: { body: ImportPlanBody, response: answers(ImportPlan) } },
    async (request) => {
      const { path, session } = request.body;
      const asked = { path, session: session === null ? null : sessionId(session) };
      const { sources, passedOver } = await backups.importable(asked);
      return success(request, clock, { sources: [...sources], passedOver: [...passedOver] });
    },
  );

  app.post(
    '/api/sessions/:id/import',
    { config, schema: { ...one, body: ImportBody } },
    async (request, reply) => {
      const id = sessionId(request.params.id);
      const begin: Begin = (signal) => backups.import(id, request.body, signal);
      return request.body.dryRun ? passing(reply, begin) : lasting(reply, begin);
    },
  );

  /** Goes on without whoever asked for it. */
  function lasting(reply: FastifyReply, begin: Begin): FastifyReply {
    return tell(reply, begin, () => {});
  }

  /** Is over when whoever asked for it has gone. */
  function passing(reply: FastifyReply, begin: Begin): FastifyReply {
    return tell(reply, begin, (work) => work.abort());
  }

  /** A failure is a line as well: the answer begins at once, and what comes of it may take minutes. */
  function tell(reply: FastifyReply, begin: Begin, left: (work: AbortController) => void): FastifyReply {
    const controller = new AbortController();
    const { signal } = controller;
    const work = begin(signal);
    underWay.add(controller);
    const lines = workLines({
      work,
      signal,
      clock,
      failure,
      left: () => left(controller),
      over: () => underWay.delete(controller),
    });
    return reply.type('application/x-ndjson; charset=utf-8').header('x-accel-buffering', 'no').send(lines);
  }

  function failure(thrown: unknown) {
    const { error } = problem(thrown);
    if (error.code === 'internal') log.error({ err: error.cause ?? error }, 'A backup or a restore failed');
    const { code, message, remedy, details = null } = error;
    return { code, message, remedy, details };
  }
}
