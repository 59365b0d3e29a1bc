/** RFC 8446 §4.2.7 and draft-ietf-tls-ecdhe-mlkem: groups for key exchange. */
export const NamedGroup = {
  Secp256r1: 0x0017,
  Secp384r1: 0x0018,
  X25519: 0x001d,
  X25519MlKem768: 0x11ec,
} as const;

/** The order in which groups are preferred unless told otherwise. */
export const DEFAULT_GROUPS: readonly number[] = [
  NamedGroup.X25519MlKem768,
  NamedGroup.X25519,
  NamedGroup.Secp256r1,
  NamedGroup.Secp384r1,
];

/** The name of a group as logs and browsers spell it. */
export function groupName(group: number): string {
  switch (group) {
    case NamedGroup.Secp256r1:
      return 'P-256';
    case NamedGroup.Secp384r1:
      return 'P-384';
    case NamedGroup.X25519:
      return 'X25519';
    case NamedGroup.X25519MlKem768:
      return 'X25519MLKEM768';
    default:
      return `group ${group}`;
  }
}
