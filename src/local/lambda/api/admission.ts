/** Who may run now: reserved, unreserved and provisioned concurrency, counted in memory. */
import { ACCOUNT_CONCURRENCY } from './context.ts';
import type { ThrottleReason } from './errors.ts';

interface Load {
  inFlight: number;
  /** Those of `inFlight` that run outside provisioned concurrency. */
  onDemand: number;
}

interface Provision {
  readonly functionKey: string;
  readonly capacity: number;
  used: number;
}

export interface Admitted {
  readonly provisioned: 'used' | 'spilled' | 'none';
  readonly functionConcurrency: number;
  readonly accountConcurrency: number;
  /** Gives the place back; to be called once. */
  readonly release: () => void;
}

export interface Admission {
  /** Takes a place for one invocation, or says why there is none. */
  admit(functionKey: string, versionKey: string, reserved: number | undefined): Admitted | ThrottleReason;
  /** How much concurrency functions have reserved together, per region. */
  setReserved(functionKey: string, reserved: number | undefined): void;
  setProvisioned(functionKey: string, versionKey: string, capacity: number): void;
}

export function createAdmission(): Admission {
  const loads = new Map<string, Load>();
  const reservations = new Map<string, number>();
  const provisions = new Map<string, Provision>();
  const regions = new Map<string, Load & { reserved: number }>();

  const regionOf = (functionKey: string) => {
    const region = functionKey.slice(0, functionKey.indexOf('/'));
    let load = regions.get(region);
    if (!load) {
      load = { inFlight: 0, onDemand: 0, reserved: 0 };
      regions.set(region, load);
    }
    return load;
  };
  const provisionedOf = (functionKey: string) => {
    let capacity = 0;
    for (const provision of provisions.values())
      if (provision.functionKey === functionKey) capacity += provision.capacity;
    return capacity;
  };

  return {
    admit(functionKey, versionKey, reserved) {
      const load = loads.get(functionKey) ?? { inFlight: 0, onDemand: 0 };
      const region = regionOf(functionKey);
      const provision = provisions.get(versionKey);
      const usesProvision = provision !== undefined && provision.used < provision.capacity;
      if (!usesProvision && reserved !== undefined && load.onDemand >= reserved - provisionedOf(functionKey)) {
        return 'ReservedFunctionConcurrentInvocationLimitExceeded';
      }
      const isUnreserved = !usesProvision && reserved === undefined;
      if (isUnreserved && region.onDemand >= ACCOUNT_CONCURRENCY - region.reserved) {
        return 'ConcurrentInvocationLimitExceeded';
      }
      const step = (by: 1 | -1) => {
        load.inFlight += by;
        region.inFlight += by;
        if (usesProvision) provision.used += by;
        else load.onDemand += by;
        if (isUnreserved) region.onDemand += by;
        if (load.inFlight === 0) loads.delete(functionKey);
      };
      loads.set(functionKey, load);
      step(1);
      return {
        provisioned: provision === undefined ? 'none' : usesProvision ? 'used' : 'spilled',
        functionConcurrency: load.inFlight,
        accountConcurrency: region.inFlight,
        release: () => step(-1),
      };
    },
    setReserved(functionKey, reserved) {
      const region = regionOf(functionKey);
      region.reserved += (reserved ?? 0) - (reservations.get(functionKey) ?? 0);
      if (reserved === undefined) reservations.delete(functionKey);
      else reservations.set(functionKey, reserved);
    },
    setProvisioned(functionKey, versionKey, capacity) {
      const used = provisions.get(versionKey)?.used ?? 0;
      if (capacity === 0) provisions.delete(versionKey);
      else provisions.set(versionKey, { functionKey, capacity, used });
    },
  };
}
