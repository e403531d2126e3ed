import type { GateRunner } from '../ports/gates.ts';
import type { Probe } from '../ports/probe.ts';
import { type FunctionalPorts, functional } from './functional.ts';
import { command, url } from './integration.ts';
import { type LoadPorts, load } from './load.ts';
import { type SecurityPorts, security } from './security.ts';
import { type TestAliasPorts, testAlias } from './test-alias.ts';

export interface RunnerPorts extends Omit<FunctionalPorts & LoadPorts, 'files'>, SecurityPorts, TestAliasPorts {
  readonly probe: Probe;
}

/** Runs what gates check, each by its kind. */
export function createGateRunner(ports: RunnerPorts): GateRunner {
  return {
    async run(order, signal) {
      const { check } = order;
      switch (check.kind) {
        case 'testAlias':
          return testAlias({ check, order }, ports);
        case 'functional':
          return functional({ check, order }, ports, signal);
        case 'load':
          return load({ check, order }, ports, signal);
        case 'command':
          return command({ check, order }, ports, signal);
        case 'url':
          return url({ check, order }, ports);
        case 'security':
          return security({ check, order }, ports, signal);
        default:
          return check satisfies never;
      }
    },
  };
}
