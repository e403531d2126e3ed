/**
 * A product process of the storm, made by `wire` as the command line makes it: `child.ts ENDPOINT STATE SEED LEASE_MS`
 * starts releases, gives people's orders to them and drives them, until it is killed. A line on its input makes it start
 * no more. Writes `ready` once it works, and every release that it saw committed as a line.
 */
import { order, startRelease } from '../../src/app/operate.ts';
import { planRelease } from '../../src/app/plan-release.ts';
import { type AliasKey, actorOf } from '../../src/core/release/alias.ts';
import type { Release } from '../../src/core/release/release.ts';
import { wire } from '../../src/wire.ts';
import { Random } from '../sim/random.ts';
import { ALIASES, candidateFor, REGION, wish } from './stage.ts';

const [endpointUrl, stateFile, seed, leaseMs] = process.argv.slice(2);
if (!endpointUrl || !stateFile || !seed || !leaseMs) throw new Error('ENDPOINT, STATE, SEED and LEASE_MS are expected');

const random = new Random(Number(seed));
const report = (problem: string) => console.error(`child ${seed}: ${problem}`);
const wired = await wire({ endpointUrl, region: REGION, stateFile, report, stateLeaseMs: Number(leaseMs) });
const home = await wired.home();
home.drive();
const { ports } = home;
const { account, region } = await ports.identity.where();
const who = await ports.identity.whoAmI();
let draining = false;
process.stdin.on('data', () => {
  draining = true;
});
console.log('ready');

for (;;) {
  const key: AliasKey = { account, region, ...random.pick(ALIASES) };
  try {
    const release = (await ports.host.read(actorOf(key)))?.state.release ?? null;
    if (release && release.phase !== 'ended') await interfere(key, release);
    else if (!draining) await begin(key);
  } catch (error) {
    report(String(error));
  }
  await ports.clock.sleep(random.int(1, 8));
}

async function begin(key: AliasKey): Promise<void> {
  const alias = await ports.aliases.get(key);
  if (!alias) throw new Error(`alias ${key.alias} is gone`);
  const wanted = wish(key, candidateFor(alias.version), random);
  const planned = await planRelease(ports, wanted, true);
  if (!planned.ok || planned.value.kind === 'noop') return;
  const started = await startRelease(ports, planned.value.plan, planned.value.readings, who);
  if (started.ok) console.log(started.value.id);
}

/** What people do to an open release; most of the time nothing. */
async function interfere(key: AliasKey, release: Release): Promise<void> {
  if (release.paused) {
    if (draining || random.chance(0.3)) await order(ports, key, { verb: 'resume' }, who);
    return;
  }
  const dice = random.next();
  if (dice < 0.05) await order(ports, key, { verb: 'rollback' }, who, 'the storm says so');
  else if (dice < 0.08 && !draining) await order(ports, key, { verb: 'pause' }, who);
  else if (dice < 0.11) await order(ports, key, { verb: 'promote', full: random.chance(0.5) }, who);
}
