/** RFC 8446 §5.1: the longest plaintext fragment of a record. */
export const MAXIMUM_PLAINTEXT = 16384;

/** RFC 8446 §5.2: ciphertext is at most 256 octets longer than plaintext. */
export const MAXIMUM_CIPHERTEXT: number = MAXIMUM_PLAINTEXT + 256;

/** Type, version and length of a record (RFC 8446 §5.1). */
export const RECORD_HEADER = 5;

/** All three suites have tags of 16 octets. */
export const TAG_OCTETS = 16;

/** Header, inner content type and tag: what a record adds to its plaintext. */
export const RECORD_OVERHEAD: number = RECORD_HEADER + 1 + TAG_OCTETS;

/**
 * Plaintext of a record that fits one segment with its overhead: 1,460 less 12 octets of timestamps, less up to
 * 40 of SACK options and IPv6, less 22. Go sends 1,208 here, Cloudflare's nginx patch 1,369.
 */
export const SMALL_PLAINTEXT = 1369;

/** After so many octets records become large: the window is open by then. Cloudflare's patch: 40 records; Go: 1,000. */
export const SMALL_RECORD_OCTETS = 65536;

/** After so long without sending records are small again: congestion control has forgotten its window too (RFC 5681 §4.1). */
export const SMALL_RECORD_IDLE_MS = 1000;

/** The longest handshake message taken: a certificate chain; OpenSSL takes 100 KiB of it, a ClientHello cannot pass 128 KiB. */
export const MAXIMUM_HANDSHAKE_MESSAGE: number = 131072 + 4;

/** Early data that is skipped, octets of records (RFC 8446 §4.2.10). BoringSSL: 16,384. */
export const MAXIMUM_SKIPPED_EARLY_DATA = 16384;

/** Empty application data records in a row. BoringSSL: 32. */
export const MAXIMUM_EMPTY_RECORDS = 32;

/** KeyUpdate messages without application data between them. BoringSSL: 32. */
export const MAXIMUM_KEY_UPDATES = 32;

/** user_canceled alerts that are put up with. BoringSSL: 4. */
export const MAXIMUM_WARNING_ALERTS = 4;

/** Octets kept while the machine waits for an answer from outside (certificate, signature, verdict). */
export const MAXIMUM_KEPT_OCTETS = 65536;

/** From start to Finished. nginx: 60 s; Go leaves it to the caller; browsers give up before 30 s. */
export const HANDSHAKE_TIMEOUT_MS = 15000;

/** RFC 8446 §5.5: AES-GCM must be rekeyed before 2^24.5 full records. */
export const AES_GCM_RECORDS: number = 2 ** 24;

/** ChaCha20-Poly1305 has no limit below 2^64 - 1 records; a double counts to 2^53. */
export const CHACHA_RECORDS: number = 2 ** 48;

/** RFC 8446 §4.6.1: no ticket lives longer than seven days. */
export const MAXIMUM_TICKET_LIFETIME_S = 604800;

/** How long a ticket of ours lives. OpenSSL 2 h, nginx 5 min, Cloudflare 18 h. */
export const TICKET_LIFETIME_S = 43200;

/** Tickets a handshake: two, so that a client may open two connections without using one twice (RFC 8446 appendix C.4). OpenSSL: 2. */
export const TICKETS_PER_HANDSHAKE = 2;

/** A ticket key encrypts for so long, and decrypts as long again. */
export const TICKET_KEY_LIFETIME_MS: number = TICKET_LIFETIME_S * 1000;

/** A HelloRetryRequest cookie is good for so long: a client answers it at once. */
export const COOKIE_LIFETIME_MS = 60000;

/** Post-quantum key exchanges a second that are preferred; beyond it X25519 is: one ML-KEM costs what ten handshakes cost. */
export const POST_QUANTUM_RATE = 200;

/** How many of them may come at once. */
export const POST_QUANTUM_BURST = 400;

/** RFC 8879 §4: a compressed certificate may not grow beyond this. */
export const MAXIMUM_UNCOMPRESSED_CERTIFICATE = 131072;

/** Pre-shared key identities that are looked at; RFC 8446 appendix C.4 has clients offer one or two. */
export const MAXIMUM_IDENTITIES_TRIED = 4;
