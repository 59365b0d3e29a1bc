/**
 * How long a connection whose protocol is done is read on and discarded, so that the peer reads our last octets
 * before a reset could destroy them (RFC 9112 §9.6). nginx 5 s between two reads and 30 s in all, Apache 2 s and
 * 30 s, HAProxy half a timeout. One span for all of it, counted from when everything we sent was acknowledged.
 */
export const LINGER_MS = 10_000;

/** How many octets of it: nginx sets no limit but the time; Apache neither. A link of 10 Gbit/s would bring 12 GB. */
export const LINGER_OCTETS: number = 64 << 20;

/**
 * Frames taken from the link before answers are sent. More frames make larger batches of acknowledgements, and a
 * longer wait for the first: NAPI's budget in Linux is 64, smoltcp takes one.
 */
export const FRAMES_PER_POLL = 32;

/**
 * Rounds of emitting and running what became ready by it within one poll. An application that answers each
 * event with more can keep a stack in a loop: what is left waits for the next poll.
 */
export const ROUNDS_PER_POLL = 4;

/** Polls in one turn of the event loop: then files, signals and other stacks have theirs. */
export const POLLS_PER_TURN = 8;

/**
 * A jump of the clock beyond this counts as one millisecond: the machine was asleep or stopped, and
 * retransmission timers that all fire at once would close connections that are fine.
 */
export const CLOCK_JUMP_MS = 10_000;

/** The longest delay that `setTimeout` takes (2³¹ - 1 ms). */
export const LONGEST_TIMEOUT_MS = 0x7fff_ffff;

/** Octets read at once into a chunk of a Web Stream: node:net allocates 64 KiB for each read. */
export const READ_OCTETS = 65536;

/** Echo request's payload, octets, when none is given: what `ping` sends on Linux. */
export const PING_OCTETS = 56;

/** How long an echo reply is waited for when nothing else is said: `ping -W` waits 10 s, Windows 4 s. */
export const PING_TIMEOUT_MS = 5_000;

/** Echo requests waiting for their replies at once: sequence numbers are 16 bits. */
export const PINGS_PENDING = 1024;
