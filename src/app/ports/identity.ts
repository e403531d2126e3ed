import type { Who } from '../../core/who.ts';

export interface Identity {
  /** Who is acting: the caller's AWS identity, or the OS user where there is none, or none within `patienceMs`. Never throws. */
  whoAmI(patienceMs?: number): Promise<Who>;
  /** Account and region that the AWS calls go to. Throws an {@link AwsProblem} without credentials or region. */
  where(): Promise<{ account: string; region: string }>;
}
