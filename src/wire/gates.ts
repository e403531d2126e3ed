import type { Clock } from '../app/ports/clock.ts';
import type { GateFiles } from '../app/ports/gate-files.ts';
import type { GateRunner } from '../app/ports/gates.ts';
import type { Aws } from '../aws/index.ts';

/** What gates check, imported when the first gate is run: most releases have none. */
export function lazyGates(aws: Aws, clock: Clock, files: GateFiles): GateRunner {
  return {
    async run(order, signal) {
      const [{ createGateRunner }, { createPrograms }, { createProbe }] = await Promise.all([
        import('../app/gates/runner.ts'),
        import('../app/gates/programs.ts'),
        import('../app/gates/probe.ts'),
      ]);
      const ports = { ...aws, clock, files, programs: createPrograms(), probe: createProbe() };
      return createGateRunner(ports).run(order, signal);
    },
  };
}
