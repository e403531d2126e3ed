import type { Stage } from '../../core/comms/audiences.ts';
import { AUDIENCES, type Audience, STAGES } from '../../core/comms/audiences.ts';
import { ROLES, type Role } from '../../core/incident/roles.ts';
import type { SeverityLevel } from '../../core/incident/severity.ts';

/** What flags may say, as lists. */
export const LEVELS: readonly SeverityLevel[] = ['SEV-1', 'SEV-2', 'SEV-3'];
export const ROLE_NAMES = Object.keys(ROLES) as readonly Role[];
export const AUDIENCE_NAMES = Object.keys(AUDIENCES) as readonly Audience[];
export const STAGE_NAMES: readonly Stage[] = STAGES;
