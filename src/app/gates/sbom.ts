import { parseJson } from './json.ts';

/** One package of a lockfile, by the place where npm puts it. */
export interface LockedPackage {
  readonly path: string;
  readonly name: string;
  readonly version: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly optional: boolean;
  readonly dependencies: readonly string[];
}

export interface Lockfile {
  readonly name: string;
  readonly version: string;
  readonly dependencies: readonly string[];
  /** What is installed for production. */
  readonly packages: readonly LockedPackage[];
}

/** Reads npm's package-lock.json of version 2 or 3. Answers a sentence where it is none. */
export function readLockfile(text: string): Lockfile | string {
  const parsed = parseJson(text)?.value;
  if (typeof parsed !== 'object' || parsed === null || !('packages' in parsed))
    return 'it is no package-lock.json of version 2 or 3';
  const entries = Object.entries(parsed.packages as Readonly<Record<string, unknown>>).filter(
    (entry): entry is [string, Readonly<Record<string, unknown>>] => typeof entry[1] === 'object' && entry[1] !== null,
  );
  const root = entries.find(([path]) => path === '')?.[1] ?? {};
  const packages = entries.flatMap(([path, entry]): LockedPackage[] => {
    const found = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path)?.[1];
    if (found === undefined || entry.link === true || entry.dev === true || typeof entry.version !== 'string')
      return [];
    return [
      {
        path,
        name: typeof entry.name === 'string' ? entry.name : found,
        version: entry.version,
        ...(typeof entry.integrity === 'string' ? { integrity: entry.integrity } : {}),
        ...(typeof entry.license === 'string' ? { license: entry.license } : {}),
        optional: entry.optional === true,
        dependencies: [...namesOf(entry.dependencies), ...namesOf(entry.optionalDependencies)],
      },
    ];
  });
  return {
    name: textOf(root.name) ?? ('name' in parsed ? textOf(parsed.name) : undefined) ?? 'package',
    version: textOf(root.version) ?? '0.0.0',
    dependencies: [...namesOf(root.dependencies), ...namesOf(root.optionalDependencies)],
    packages,
  };
}

function namesOf(value: unknown): readonly string[] {
  return typeof value === 'object' && value !== null ? Object.keys(value) : [];
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * A software bill of materials, CycloneDX 1.6 JSON: every package that is installed for production with its purl, hash and
 * licence, and who depends on whom. The same lockfile gives the same document.
 * Source: https://cyclonedx.org/docs/1.6/json/ and the purl specification (npm: the scope's @ is written %40).
 */
export function cycloneDx(lock: Lockfile, serial: string, made: string): object {
  const rootRef = purl(lock.name, lock.version);
  const refs = new Map(lock.packages.map((each) => [each.path, `${purl(each.name, each.version)}#${each.path}`]));
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${serial}`,
    version: 1,
    metadata: {
      timestamp: made,
      tools: { components: [{ type: 'application', name: 'switchback' }] },
      component: { type: 'application', 'bom-ref': rootRef, name: lock.name, version: lock.version, purl: rootRef },
    },
    components: lock.packages.map((each) => ({
      type: 'library',
      'bom-ref': refs.get(each.path),
      ...splitName(each.name),
      version: each.version,
      scope: each.optional ? 'optional' : 'required',
      ...hashesOf(each.integrity),
      ...(each.license === undefined ? {} : { licenses: [licenseOf(each.license)] }),
      purl: purl(each.name, each.version),
    })),
    dependencies: [
      { ref: rootRef, dependsOn: resolveAll('', lock.dependencies, refs) },
      ...lock.packages.map((each) => ({
        ref: refs.get(each.path),
        dependsOn: resolveAll(each.path, each.dependencies, refs),
      })),
    ],
  };
}

function purl(name: string, version: string): string {
  const path = name.startsWith('@') ? `%40${name.slice(1)}` : name;
  return `pkg:npm/${path}@${encodeURIComponent(version)}`;
}

function splitName(name: string): { readonly group?: string; readonly name: string } {
  const [group, own] = name.startsWith('@') ? name.split('/') : [undefined, name];
  return group === undefined || own === undefined ? { name } : { group, name: own };
}

const ALGORITHMS: Readonly<Record<string, string>> = {
  sha512: 'SHA-512',
  sha384: 'SHA-384',
  sha256: 'SHA-256',
  sha1: 'SHA-1',
};

/** Subresource integrity (`sha512-base64`) as CycloneDX wants it: hexadecimal. */
function hashesOf(integrity: string | undefined): { readonly hashes?: readonly object[] } {
  const hashes = (integrity ?? '').split(/\s+/).flatMap((each) => {
    const [algorithm = '', base64] = each.split('-', 2);
    const alg = ALGORITHMS[algorithm];
    return alg && base64 ? [{ alg, content: Buffer.from(base64, 'base64').toString('hex') }] : [];
  });
  return hashes.length === 0 ? {} : { hashes };
}

/** One word is an SPDX id; anything else an expression. */
function licenseOf(license: string): object {
  return /^[\w.+-]+$/.test(license)
    ? { license: /^(UNLICENSED|SEE)/.test(license) ? { name: license } : { id: license } }
    : { expression: license };
}

/** Where Node would find each dependency: in the package's own folder, then in every folder above. */
function resolveAll(from: string, names: readonly string[], refs: ReadonlyMap<string, string>): string[] {
  const bases = [from];
  for (let base = from; base !== ''; ) {
    const cutAt = base.lastIndexOf('/node_modules/');
    base = cutAt < 0 ? '' : base.slice(0, cutAt);
    bases.push(base);
  }
  const found = names.flatMap((name) => {
    const at = bases.map((base) => (base === '' ? `node_modules/${name}` : `${base}/node_modules/${name}`));
    return at.map((path) => refs.get(path)).find((ref) => ref !== undefined) ?? [];
  });
  return [...new Set(found)].sort();
}
