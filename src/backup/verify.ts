import type { ProfileVerdict } from '../profile/verdict.ts';
import type { VerificationOptions } from '../profile/verification/verify-profile.ts';

/** The look at a profile (`verifyProfile`), handed in so that tests can say what it sees. */
export type Verify = (profile: string, options: VerificationOptions) => Promise<ProfileVerdict>;
