/** What goes over the wire, once: it validates, it types, and the API document is made from it. */
import { Type } from 'typebox';

const nullable = <Schema extends Type.TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);
const text = Type.String();

export const SessionView = Type.Object({
  id: text,
  status: Type.Enum([
    'stopped',
    'initializing',
    'recovering',
    'qr_ready',
    'authenticating',
    'ready',
    'disconnected',
    'failed',
  ]),
  reason: nullable(text),
  phone: nullable(text),
  lastSeen: nullable(text),
  lastBackup: nullable(text),
  restarts: Type.Integer(),
  name: nullable(text),
  wanted: Type.Union([Type.Literal('online'), Type.Literal('stopped')]),
  state: text,
  since: text,
  remedy: nullable(text),
  restored: nullable(Type.Object({ id: text, at: text })),
  nextTry: nullable(text),
  bot: nullable(text),
  botErrors: Type.Integer(),
  /** As `BackupIncidentView`. */
  backupIncidents: Type.Immutable(
    Type.Array(
      Type.Object({
        cause: text,
        session: nullable(text),
        since: text,
        problem: text,
        remedy: nullable(text),
      }),
    ),
  ),
});

/** As `BackupView`. */
export const BackupView = Type.Object({
  id: text,
  session: nullable(text),
  takenAt: nullable(text),
  bytes: Type.Integer(),
  state: Type.Enum(['verified', 'demoted', 'rejected', 'broken', 'unmanaged']),
  problem: nullable(text),
  method: nullable(Type.Enum(['frozen', 'closed'])),
  pause: nullable(Type.Number()),
  browser: nullable(text),
  keys: Type.Immutable(Type.Array(text)),
  verifiedAt: nullable(text),
  drilledAt: nullable(text),
});

/** As `WhichBackup`. */
const Which = Type.Union([
  Type.Literal('latest'),
  Type.Object({ id: Type.String({ maxLength: 200 }) }, { additionalProperties: false }),
  Type.Object({ at: Type.String({ maxLength: 40 }) }, { additionalProperties: false }),
]);

export const RestoreBody = Type.Object(
  {
    which: Which,
    dryRun: Type.Boolean(),
  },
  { additionalProperties: false },
);

export const DrillBody = Type.Object({ which: Which }, { additionalProperties: false });

export const RecoveryBody = Type.Object(
  {
    sessions: Type.Union([Type.Null(), Type.Array(Type.String({ maxLength: 200 }), { maxItems: 10_000 })]),
    dryRun: Type.Boolean(),
    takeOver: Type.Boolean(),
  },
  { additionalProperties: false },
);

const Path = Type.String({ minLength: 1, maxLength: 4_096, pattern: '^/' });

export const ImportPlanBody = Type.Object(
  { path: Path, session: Type.Union([Type.Null(), Type.String({ maxLength: 200 })]) },
  { additionalProperties: false },
);

export const ImportBody = Type.Object(
  { source: Path, replace: Type.Boolean(), stopped: Type.Boolean(), dryRun: Type.Boolean() },
  { additionalProperties: false },
);

export const ImportPlan = Type.Object({
  sources: Type.Array(
    Type.Object({
      source: text,
      form: Type.Enum(['directory', 'zip']),
      session: nullable(text),
      files: Type.Number(),
      bytes: Type.Number(),
      standing: Type.Enum(['nothing', 'remains', 'login']),
      problem: nullable(text),
      remedy: nullable(text),
    }),
  ),
  passedOver: Type.Array(Type.Object({ path: text, why: text })),
});

export const PairingMaterial = Type.Object({
  qr: nullable(text),
  code: nullable(text),
  at: text,
  codeRequest: nullable(Type.Enum(['waiting', 'refused'])),
});

/**
 * Any text up to the length of a URL: `sessionId()` says what is wrong with an id better than a schema would, and
 * with the code that the catalogue has for it.
 */
export const SessionParams = Type.Object({ id: Type.String() });

export const BackupParams = Type.Object({ id: Type.String(), backup: Type.String({ maxLength: 200 }) });

/** As people write it; `phoneDigits()` reads it. */
export const PairBody = Type.Object(
  { phone: Type.Optional(nullable(Type.String({ maxLength: 40 }))) },
  { additionalProperties: false },
);

/** Milliseconds (0 is off), or a text such as `2m` or `off`; null makes the session follow the daemon's setting again. */
const Period = Type.Optional(
  Type.Union([
    Type.Integer({ minimum: 0, maximum: 86_400_000 }),
    Type.String({ minLength: 2, maxLength: 20 }),
    Type.Null(),
  ]),
);

export const SettingsBody = Type.Object(
  {
    heartbeat: Period,
    watchdog: Period,
    activity: Period,
    presence: Type.Optional(nullable(Type.Boolean())),
    /** For the private socket alone: it names code that is run. An absolute path; false is none. */
    bot: Type.Optional(
      Type.Union([Type.String({ minLength: 1, maxLength: 4_096 }), Type.Literal(false), Type.Null()]),
    ),
  },
  { additionalProperties: false, minProperties: 1 },
);

export const SettingRow = Type.Object({
  name: text,
  value: nullable(text),
  source: text,
  default: nullable(text),
});
export type SettingRow = Type.Static<typeof SettingRow>;

export const QrQuery = Type.Object(
  { format: Type.Optional(Type.Enum(['json', 'svg', 'text'])) },
  { additionalProperties: false },
);
