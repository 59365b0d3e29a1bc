import { brotliCompressSync, brotliDecompressSync, constants, deflateSync, inflateSync } from 'node:zlib';

/** RFC 8879 §7.3: algorithms. The only file of this package that uses `node:zlib`. */
export const CertificateCompressionAlgorithm = { Zlib: 1, Brotli: 2 } as const;

/** One of {@link CertificateCompressionAlgorithm}. */
export type CertificateCompression =
  (typeof CertificateCompressionAlgorithm)[keyof typeof CertificateCompressionAlgorithm];

/** What is offered and chosen, best first. */
export const COMPRESSION_PREFERENCE: readonly CertificateCompression[] = [
  CertificateCompressionAlgorithm.Brotli,
  CertificateCompressionAlgorithm.Zlib,
];

/** Compresses hard: it is done once a certificate. */
export function compressCertificate(algorithm: CertificateCompression, octets: Uint8Array): Uint8Array {
  return algorithm === CertificateCompressionAlgorithm.Brotli
    ? brotliCompressSync(octets, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: octets.length } })
    : deflateSync(octets, { level: 9 });
}

/** RFC 8879 §4: undefined unless what comes out is exactly `length` octets. Never makes more than that. */
export function decompressCertificate(algorithm: number, octets: Uint8Array, length: number): Uint8Array | undefined {
  if (length === 0) return undefined;
  try {
    const plain =
      algorithm === CertificateCompressionAlgorithm.Brotli
        ? brotliDecompressSync(octets, { maxOutputLength: length })
        : inflateSync(octets, { maxOutputLength: length });
    return plain.length === length ? plain : undefined;
  } catch {
    return undefined; // node:zlib reports bad and too long input by exceptions.
  }
}
