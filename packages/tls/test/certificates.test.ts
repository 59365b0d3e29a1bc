import { execFileSync } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  Authorities,
  CertificateError,
  checkOcspResponse,
  loadCredential,
  makeAuthority,
  makeLeaf,
  matchesHost,
  type PemPair,
  parseCertificateDer,
} from '../src/certificates/index.ts';
import { ipOctets } from '../src/certificates/ip-octets.ts';
import { encodeNameConstraints, parseNameConstraints, permits } from '../src/certificates/name-constraints.ts';
import { nodeSigner, pemCertificates } from '../src/index.ts';
import { clientOptions, Pair, serverSettings } from './support/pair.ts';

const NOW = Date.UTC(2026, 10, 23);
const YEAR = 366 * 86_400_000;
const NAMES = ['site.test', '*.site.test', '192.0.2.1', '2001:db8::1'];

let authority: PemPair;
let leaf: PemPair;

beforeAll(async () => {
  authority = await makeAuthority(NAMES, NOW);
  leaf = await makeLeaf(authority, NAMES, NOW);
});

const chainOf = (pair: PemPair): Uint8Array[] => pemCertificates(pair.certificatePem);

function errorOf(run: () => unknown): CertificateError {
  try {
    run();
  } catch (error) {
    if (error instanceof CertificateError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a local authority', () => {
  it('makes a leaf that we, and OpenSSL, take for its names and no others', () => {
    const roots = new Authorities(authority.certificatePem);
    for (const host of ['site.test', 'a.site.test', '192.0.2.1', '2001:db8::1', 'SITE.test.']) {
      expect(roots.judgeServer(chainOf(leaf), host, NOW)).toBe('good');
    }
    for (const host of ['other.test', 'a.b.site.test', '192.0.2.2', 'test', '192.0.2.1.site.test.x']) {
      expect(roots.judgeServer(chainOf(leaf), host, NOW)).toBe('certificate_name_mismatch');
    }
    const folder = mkdtempSync(join(tmpdir(), 'tls-'));
    try {
      writeFileSync(join(folder, 'ca.pem'), authority.certificatePem);
      writeFileSync(join(folder, 'leaf.pem'), leaf.certificatePem);
      const time = ['-attime', String(NOW / 1000), '-x509_strict', '-purpose', 'sslserver'];
      const verify = ['verify', ...time, '-CAfile', join(folder, 'ca.pem'), join(folder, 'leaf.pem')];
      expect(execFileSync('openssl', verify, { encoding: 'utf8' })).toContain('OK');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('cannot vouch for anybody else: its name constraints are critical', async () => {
    const roots = new Authorities(authority.certificatePem);
    const stranger = await makeLeaf(authority, ['bank.test'], NOW);
    expect(roots.judgeServer(chainOf(stranger), 'bank.test', NOW)).toBe('bad_certificate');
    const address = await makeLeaf(authority, ['192.0.2.9'], NOW);
    expect(roots.judgeServer(chainOf(address), '192.0.2.9', NOW)).toBe('bad_certificate');
  });

  it('makes leaves of at most 397 days', () => {
    const parsed = parseCertificateDer(chainOf(leaf)[0]!)!;
    expect((parsed.notAfter - parsed.notBefore) / 86_400_000).toBeLessThanOrEqual(397);
    expect(parsed.notBefore).toBeLessThan(NOW);
  });

  it('serves a client that trusts it, in a handshake', () => {
    const roots = new Authorities(authority.certificatePem);
    const credential = loadCredential({ chainPem: leaf.certificatePem, keyPem: leaf.keyPem }, NOW);
    const settings = serverSettings({ chooseCredential: () => credential });
    const judge = (chain: readonly Uint8Array[], name: string | undefined) => roots.judgeServer(chain, name, NOW);
    const good = new Pair(settings, clientOptions({ serverName: 'site.test', judgeServer: judge })).run();
    expect(good.server.state).toBe('CONNECTED');
    const wrong = new Pair(settings, clientOptions({ serverName: 'else.test', judgeServer: judge })).run();
    expect(wrong.client.failure).toEqual({ code: 'certificate_name_mismatch', alert: 42 });
  });
});

describe('a path', () => {
  it('ends at a root, in time, for its purpose', async () => {
    const roots = new Authorities(authority.certificatePem);
    const others = new Authorities((await makeAuthority(NAMES, NOW)).certificatePem);
    expect(others.judgeServer(chainOf(leaf), 'site.test', NOW)).toBe('unknown_ca');
    expect(roots.judgeServer(chainOf(leaf), 'site.test', NOW + 2 * YEAR)).toBe('certificate_expired');
    expect(roots.judgeServer(chainOf(leaf), 'site.test', NOW - YEAR)).toBe('certificate_expired');
    expect(roots.judgeClient(chainOf(leaf), NOW)).toBe('unsupported_certificate');
    expect(roots.judgeServer([Uint8Array.of(0x30, 0)], 'site.test', NOW)).toBe('bad_certificate');
  });

  it('does not pass a certificate that is no authority', async () => {
    const roots = new Authorities(authority.certificatePem);
    const forged = await makeLeaf(leaf, ['site.test'], NOW);
    expect(roots.judgeServer([...chainOf(forged), ...chainOf(leaf)], 'site.test', NOW)).toBe('unknown_ca');
  });

  it('needs the signature, not just the name', async () => {
    const twin = await makeAuthority(NAMES, NOW);
    const roots = new Authorities(authority.certificatePem);
    const der = chainOf(leaf)[0]!.slice();
    der[der.length - 3] = der[der.length - 3]! ^ 1;
    expect(roots.judgeServer([der], 'site.test', NOW)).toBe('bad_certificate');
    expect(roots.id).not.toBe(new Authorities(twin.certificatePem).id);
  });
});

describe('loading', () => {
  const files = (): { chainPem: string; keyPem: string; chainName: string; keyName: string } => ({
    chainPem: leaf.certificatePem + authority.certificatePem,
    keyPem: leaf.keyPem,
    chainName: 'chain.pem',
    keyName: 'key.pem',
  });

  it('takes a chain and its key', () => {
    const loaded = loadCredential(files(), NOW);
    expect(loaded.chain.length).toBe(2);
    expect(loaded.names).toEqual(['site.test', '*.site.test']);
  });

  it('tells what is wrong, in one line', () => {
    const { chainPem, keyPem } = files();
    const wrong = (over: object, at = NOW): CertificateError =>
      errorOf(() => loadCredential({ ...files(), ...over }, at));
    expect(wrong({ keyPem: authority.keyPem }).code).toBe('wrong_order');
    expect(wrong({ chainPem: leaf.certificatePem, keyPem: authority.keyPem }).message).toContain(
      'key.pem is not the key of',
    );
    expect(wrong({ chainPem: leaf.certificatePem + leaf.certificatePem }).code).toBe('wrong_order');
    expect(wrong({}, NOW + 2 * YEAR).message).toMatch(/chain\.pem: CN=site\.test expired on 2027-/);
    expect(wrong({}, NOW - YEAR).code).toBe('not_yet_valid');
    expect(wrong({ chainPem: 'nothing' }).code).toBe('no_certificate');
    expect(wrong({ chainPem: chainPem.replace(/MII/, 'MIJ') }).code).toBe('bad_certificate');
    expect(wrong({ keyPem: 'nothing' }).code).toBe('bad_key');
    expect(wrong({ keyPem: keyPem.replace(/[A-Z]{2}/g, 'AA') }).code).toBe('bad_key');
    const encrypted = createPrivateKey(keyPem).export({
      format: 'pem',
      type: 'pkcs8',
      cipher: 'aes-256-cbc',
      passphrase: 'x',
    });
    expect(wrong({ keyPem: encrypted }).message).toBe('key.pem is encrypted: give its passphrase');
    expect(wrong({ keyPem: encrypted, passphrase: 'y' }).code).toBe('encrypted_key');
    expect(loadCredential({ ...files(), keyPem: String(encrypted), passphrase: 'x' }, NOW).chain.length).toBe(2);
    for (const error of [wrong({ keyPem: 'nothing' }), wrong({}, 0)]) expect(error.message).not.toContain('\n');
  });

  it('looks at an OCSP response', () => {
    expect(errorOf(() => checkOcspResponse(Uint8Array.of(1, 2, 3), NOW)).code).toBe('bad_ocsp');
    // responseStatus tryLater (3)
    expect(errorOf(() => checkOcspResponse(Uint8Array.of(0x30, 3, 0x0a, 1, 3), NOW)).message).toContain('status 3');
    checkOcspResponse(Uint8Array.of(0x30, 3, 0x0a, 1, 0), NOW);
  });

  it('refuses keys of kinds that no client takes', () => {
    const key = execFileSync('openssl', ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:secp256k1']);
    expect(nodeSigner(key.toString()).schemes).toEqual([]);
  });
});

describe('names', () => {
  it('match by RFC 9525', () => {
    const parsed = parseCertificateDer(chainOf(leaf)[0]!)!;
    const named = { ...parsed, dnsNames: ['*.a.test', 'b.test', '*.*.test', 'x*.test', '*'], ipAddresses: [] };
    expect(matchesHost(named, 'x.a.test')).toBe(true);
    expect(matchesHost(named, 'a.test')).toBe(false);
    expect(matchesHost(named, 'x.y.a.test')).toBe(false);
    expect(matchesHost(named, 'p.q.test')).toBe(false);
    expect(matchesHost(named, 'xy.test')).toBe(false);
    expect(matchesHost(named, 'c')).toBe(false);
    expect(matchesHost(named, '10.0.0.1')).toBe(false);
  });

  it('addresses are read strictly', () => {
    expect(ipOctets('1.2.3.4')).toEqual(Uint8Array.of(1, 2, 3, 4));
    for (const bad of ['1.2.3', '1.2.3.256', '01.2.3.4', 'a.b.c.d', '1::2::3', '::12345', '1:2:3:4:5:6:7:8:9']) {
      expect(ipOctets(bad)).toBeUndefined();
    }
    expect(ipOctets('::ffff:1.2.3.4')?.slice(10)).toEqual(Uint8Array.of(255, 255, 1, 2, 3, 4));
    expect(ipOctets('[2001:db8::1]')?.[15]).toBe(1);
  });

  it('are constrained by subtrees', () => {
    const constraints = parseNameConstraints(encodeNameConstraints(['a.test'], [Uint8Array.of(10, 0, 0, 1)]))!;
    expect(permits(constraints, ['a.test', 'x.y.a.test', '*.a.test'], [Uint8Array.of(10, 0, 0, 1)], false)).toBe(true);
    expect(permits(constraints, ['ba.test'], [], false)).toBe(false);
    expect(permits(constraints, [], [Uint8Array.of(10, 0, 0, 2)], false)).toBe(false);
    expect(permits(constraints, [], [new Uint8Array(16)], false)).toBe(false);
    expect(parseNameConstraints(Uint8Array.of(0x30, 2, 0xa0, 9))).toBeUndefined();
  });
});

describe('fixtures', () => {
  it('are what their names say', () => {
    const pem = readFileSync(new URL('./fixtures/ec.pem', import.meta.url), 'utf8');
    expect(parseCertificateDer(pemCertificates(pem)[0]!)).toMatchObject({ dnsNames: ['localhost'], authority: true });
  });
});
