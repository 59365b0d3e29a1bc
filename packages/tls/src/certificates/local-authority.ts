import { ipOctets } from './ip-octets.ts';
import { encodeNameConstraints } from './name-constraints.ts';
import { x509 } from './x509.ts';

const DAY_MS = 86_400_000;

/** RFC 5280 leaves it open; browsers take no leaf that lives longer than 398 days. */
export const LEAF_DAYS = 397;

/** How long a local authority lives: ten years, since people trust it by hand. */
export const AUTHORITY_DAYS = 3650;

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A certificate and its key, PEM both (the key PKCS #8). */
export interface PemPair {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** DNS names and addresses, told apart. */
function sortNames(names: readonly string[]): { readonly dns: string[]; readonly ip: string[] } {
  const dns: string[] = [];
  const ip: string[] = [];
  for (const name of names) (ipOctets(name) === undefined ? dns : ip).push(name.toLowerCase());
  return { dns, ip };
}

/** Serial numbers of 16 octets, positive (RFC 5280 §4.1.2.2). */
function serialNumber(): string {
  const octets = globalThis.crypto.getRandomValues(new Uint8Array(16));
  octets[0] = (octets[0]! & 0x7f) | 0x40;
  return Buffer.from(octets).toString('hex');
}

function pem(label: string, der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

async function keyPem(key: CryptoKey): Promise<string> {
  return pem('PRIVATE KEY', await globalThis.crypto.subtle.exportKey('pkcs8', key));
}

/** The part of Web Crypto's key type that is needed: Node's global types name it only in later versions. */
type CryptoKey = Awaited<ReturnType<typeof globalThis.crypto.subtle.importKey>>;

async function makeKeys(): Promise<{ publicKey: CryptoKey; privateKey: CryptoKey }> {
  return (await globalThis.crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])) as {
    publicKey: CryptoKey;
    privateKey: CryptoKey;
  };
}

/**
 * Makes a local authority that can vouch for just these names and addresses (critical name constraints): who
 * trusts it risks no other site. @param unixMs milliseconds since 1970
 */
export async function makeAuthority(names: readonly string[], unixMs: number): Promise<PemPair> {
  const keys = await makeKeys();
  const { dns, ip } = sortNames(names);
  // Without a subtree of a kind that kind is free: a name and an address that nobody has close them.
  const permittedDns = dns.length > 0 ? dns.map((name) => name.replace(/^\*\./, '')) : ['invalid'];
  const permittedIp = ip.map((address) => ipOctets(address)!);
  if (permittedIp.length === 0) permittedIp.push(Uint8Array.of(255, 255, 255, 255));
  const subject = `CN=immuable-net local authority ${serialNumber().slice(0, 8)}`;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: subject,
    notBefore: new Date(unixMs - DAY_MS),
    notAfter: new Date(unixMs + AUTHORITY_DAYS * DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.Extension('2.5.29.30', true, encodeNameConstraints(permittedDns, permittedIp)),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificatePem: `${certificate.toString('pem')}\n`, keyPem: await keyPem(keys.privateKey) };
}

/** Makes a server certificate for these names and addresses, signed by a local authority; its PEM is the chain without the authority. */
export async function makeLeaf(authority: PemPair, names: readonly string[], unixMs: number): Promise<PemPair> {
  const keys = await makeKeys();
  const { dns, ip } = sortNames(names);
  const issuer = new x509.X509Certificate(authority.certificatePem);
  const der = Buffer.from(authority.keyPem.replace(/-----[^-]*-----/g, ''), 'base64');
  const signingKey = await globalThis.crypto.subtle.importKey('pkcs8', der, ALGORITHM, false, ['sign']);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: `CN=${dns[0] ?? ip[0] ?? 'localhost'}`,
    issuer: issuer.subject,
    notBefore: new Date(unixMs - DAY_MS),
    notAfter: new Date(unixMs + (LEAF_DAYS - 1) * DAY_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension([
        ...dns.map((value) => ({ type: 'dns' as const, value })),
        ...ip.map((value) => ({ type: 'ip' as const, value })),
      ]),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificatePem: `${certificate.toString('pem')}\n`, keyPem: await keyPem(keys.privateKey) };
}
