/** RFC 8446 §4.2.3: signature schemes. */
export const SignatureScheme = {
  RsaPkcs1Sha256: 0x0401,
  RsaPkcs1Sha384: 0x0501,
  RsaPkcs1Sha512: 0x0601,
  EcdsaSecp256r1Sha256: 0x0403,
  EcdsaSecp384r1Sha384: 0x0503,
  RsaPssRsaeSha256: 0x0804,
  RsaPssRsaeSha384: 0x0805,
  RsaPssRsaeSha512: 0x0806,
  Ed25519: 0x0807,
  RsaPssPssSha256: 0x0809,
  RsaPssPssSha384: 0x080a,
  RsaPssPssSha512: 0x080b,
} as const;

/** Schemes that may sign a CertificateVerify (RFC 8446 §4.4.3: no PKCS #1 v1.5 there), in order of preference. */
export const HANDSHAKE_SCHEMES: readonly number[] = [
  SignatureScheme.EcdsaSecp256r1Sha256,
  SignatureScheme.EcdsaSecp384r1Sha384,
  SignatureScheme.Ed25519,
  SignatureScheme.RsaPssRsaeSha256,
  SignatureScheme.RsaPssRsaeSha384,
  SignatureScheme.RsaPssRsaeSha512,
  SignatureScheme.RsaPssPssSha256,
  SignatureScheme.RsaPssPssSha384,
  SignatureScheme.RsaPssPssSha512,
];

/** What is said in `signature_algorithms`: those, and PKCS #1 v1.5 for the signatures inside certificates. */
export const OFFERED_SCHEMES: readonly number[] = [
  ...HANDSHAKE_SCHEMES,
  SignatureScheme.RsaPkcs1Sha256,
  SignatureScheme.RsaPkcs1Sha384,
  SignatureScheme.RsaPkcs1Sha512,
];
