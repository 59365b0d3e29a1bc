/** Why a field block cannot be decoded. All of them are a connection's COMPRESSION_ERROR (RFC 9113 §4.3). */
export const HpackFailure = {
  None: 0,
  /** The block ended within a field. */
  Truncated: 1,
  /** RFC 7541 §5.1: an integer that is too large, or spelled with too many octets. */
  Integer: 2,
  /** RFC 7541 §2.3.3 and §6.1: no such index. */
  Index: 3,
  /** RFC 7541 §5.2: no Huffman code, EOS, or wrong padding. */
  Huffman: 4,
  /** RFC 7541 §6.3: a table larger than we allowed. */
  TableSize: 5,
  /** RFC 7541 §4.2: a size update after a field, or none where one was due. */
  TableUpdate: 6,
} as const;

/** One of {@link HpackFailure}. */
export type HpackFailure = (typeof HpackFailure)[keyof typeof HpackFailure];
