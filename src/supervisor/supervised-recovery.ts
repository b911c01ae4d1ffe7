/** A recovery as a person asks for it: what it would do, or that it does. */
import type { VaultOwner } from '../installation/vault-owner.ts';
import type { Recovery, RecoveryPlan } from '../recovery/recovery.ts';
import type { PlannedSession } from '../recovery/recovery-plan.ts';
import type { Progress } from '../session/ports.ts';
import type {
  RecoveryRequest,
  RecoverySessionView,
  RecoveryView,
  VaultOwnerView,
} from './recovery-operations.ts';

export interface SupervisedRecoveryPorts {
  readonly recovery: Pick<Recovery, 'plan' | 'carryOut'>;
  /** Null where nobody else can reach the vault. */
  readonly owner: Pick<VaultOwner, 'others'> | null;
  /** As people name it. */
  readonly vault: string;
}

export async function recoverSessions(
  { sessions: only, dryRun, takeOver }: RecoveryRequest,
  { recovery, owner, vault }: SupervisedRecoveryPorts,
  tell: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<RecoveryView> {
  tell({ step: 'download', done: null, total: null });
  const scope = { only, agreed: true };
  if (dryRun) return view(await recovery.plan(scope, signal), vault, await lastOwner(owner, signal), false);
  const { plan } = await recovery.carryOut(scope, takeOver, signal);
  return view(plan, vault, null, true);
}

function view(
  { snapshot, sessions }: RecoveryPlan,
  vault: string,
  owner: VaultOwnerView | null,
  done: boolean,
): RecoveryView {
  return {
    vault,
    owner,
    snapshot: snapshot && { id: snapshot.id, takenAt: snapshot.createdAt },
    sessions: sessions.map(sessionView),
    done,
  };
}

function sessionView({ session, action, backup, record, guessed }: PlannedSession): RecoverySessionView {
  const phone = record?.phone ?? backup?.manifest.phone ?? null;
  return {
    session,
    action,
    failure: record?.failure ?? null,
    phone: phone && `…${phone.slice(-3)}`,
    backup: backup && {
      id: backup.id,
      takenAt: backup.manifest.createdAt,
      bytes: backup.manifest.archive.bytes,
    },
    guessed,
  };
}

async function lastOwner(
  owner: Pick<VaultOwner, 'others'> | null,
  signal: AbortSignal,
): Promise<VaultOwnerView | null> {
  const [last] = (await owner?.others(signal)) ?? [];
  if (!last) return null;
  const { installation, record, at } = last;
  return { installation, host: record?.host ?? null, renewedAt: new Date(at).toISOString() };
}
