/** `vigil doctor`: the checks of src/doctor on this process, this volume and this machine. */
import type { Finding } from '../cli/context.ts';
export async function diagnoseThis(_options: unknown): Promise<readonly Finding[]> {
  throw new Error('pending');
}
