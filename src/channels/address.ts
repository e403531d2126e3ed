import { BlockList, isIP } from 'node:net';

/**
 * Addresses that a message may not be sent to: everything that is not the public internet. A webhook's target is input,
 * and input must not make us call the metadata service, a database or a printer. Sources: the IANA special-purpose
 * registries for IPv4 and IPv6.
 */
const V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  // Link-local, and with it the metadata services of every cloud.
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
const V6: readonly (readonly [string, number])[] = [
  // Loopback, unspecified, and IPv4 addresses in IPv6's clothes (mapped and compatible).
  ['::', 96],
  ['::ffff:0:0', 96],
  ['::ffff:0:0:0', 96],
  // Translated to IPv4 on the way: what they lead to cannot be seen here.
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  // Unique local; AWS's metadata service is fd00:ec2::254.
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

// Two lists: in one, `::ffff:0:0/96` would close every IPv4 address.
const closed4 = new BlockList();
for (const [net, prefix] of V4) closed4.addSubnet(net, prefix, 'ipv4');
const closed6 = new BlockList();
for (const [net, prefix] of V6) closed6.addSubnet(net, prefix, 'ipv6');

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether an IP address, as text, belongs to the public internet. What is no address does not. */
export function isPublicAddress(address: string): boolean {
  const family = isIP(bare(address));
  if (family === 0) return false;
  return family === 6 ? !closed6.check(bare(address), 'ipv6') : !closed4.check(bare(address), 'ipv4');
}

/** Whether it is this very machine. */
export function isLoopbackAddress(address: string): boolean {
  const family = isIP(bare(address));
  return family !== 0 && loopback.check(bare(address), family === 6 ? 'ipv6' : 'ipv4');
}

/** Without the brackets of a URL and the zone of a link-local address. */
function bare(address: string): string {
  return address.replace(/^\[|\]$/g, '').replace(/%.*$/, '');
}
