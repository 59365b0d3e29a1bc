import type { HashName } from './crypto.ts';
import { AES_GCM_RECORDS, CHACHA_RECORDS } from './parameters.ts';

/** RFC 8446 appendix B.4: cipher suites. */
export const CipherSuite = {
  Aes128GcmSha256: 0x1301,
  Aes256GcmSha384: 0x1302,
  Chacha20Poly1305Sha256: 0x1303,
} as const;

/** What a suite stands for. */
export interface SuiteFacts {
  readonly id: number;
  readonly name: string;
  readonly hash: HashName;
  readonly hashOctets: number;
  readonly keyOctets: number;
  /** Records that may be sealed under one key (RFC 8446 §5.5). */
  readonly recordLimit: number;
}

const SUITES: readonly SuiteFacts[] = [
  {
    id: CipherSuite.Aes128GcmSha256,
    name: 'TLS_AES_128_GCM_SHA256',
    hash: 'sha256',
    hashOctets: 32,
    keyOctets: 16,
    recordLimit: AES_GCM_RECORDS,
  },
  {
    id: CipherSuite.Aes256GcmSha384,
    name: 'TLS_AES_256_GCM_SHA384',
    hash: 'sha384',
    hashOctets: 48,
    keyOctets: 32,
    recordLimit: AES_GCM_RECORDS,
  },
  {
    id: CipherSuite.Chacha20Poly1305Sha256,
    name: 'TLS_CHACHA20_POLY1305_SHA256',
    hash: 'sha256',
    hashOctets: 32,
    keyOctets: 32,
    recordLimit: CHACHA_RECORDS,
  },
];

/** The order in which suites are preferred unless told otherwise. */
export const DEFAULT_SUITES: readonly number[] = SUITES.map((suite) => suite.id);

/** The suite with this code point, if it is one of TLS 1.3 that is implemented. */
export function suiteOf(id: number): SuiteFacts | undefined {
  return SUITES.find((suite) => suite.id === id);
}

/** How many octets digests of this hash have. */
export function hashOctets(hash: HashName): number {
  return hash === 'sha256' ? 32 : 48;
}
