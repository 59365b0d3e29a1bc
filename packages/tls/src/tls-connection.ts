import { type SliceQueue, SliceQueue as Slices, type StreamProtocol, StreamWish } from '@immuable-net/octets';
import { AlertDescription } from './alert.ts';
import type { SuiteFacts } from './cipher-suite.ts';
import { ContentType } from './content-type.ts';
import { MessageWriter } from './extensions.ts';
import { alertOf, type FailureCode, type TlsFailure } from './failure.ts';
import { HandshakeAssembly } from './handshake-assembly.ts';
import { HandshakeType } from './handshake-type.ts';
import { nextTrafficSecret } from './key-schedule.ts';
import * as parameters from './parameters.ts';
import { RecordProtection } from './record-protection.ts';
import { plaintextRoom, sealedLength, sealRecord, writeHeader } from './record-sealer.ts';
import { RecordSize } from './record-size.ts';
import type { TlsFacts } from './tls-facts.ts';
import type { TlsResources } from './tls-resources.ts';

const { MAXIMUM_CIPHERTEXT, MAXIMUM_PLAINTEXT, RECORD_HEADER, TAG_OCTETS } = parameters;

/** Plaintext sealed in one go: what one chunk takes. */
const LARGEST_EMISSION: number = 7 * MAXIMUM_PLAINTEXT;

const EMPTY = new Uint8Array(0);

/**
 * One TLS 1.3 connection, whichever side: records in and out, alerts, closing, key updates, and the protocol above
 * it. The sides add their handshakes.
 *
 * Towards the stream below it is a {@link StreamProtocol}; the protocol above is made once the handshake is done
 * and gets the application data.
 */
export abstract class TlsConnection implements StreamProtocol {
  /** Why the connection failed; undefined while it has not. */
  failure: TlsFailure | undefined;
  /** What the handshake agreed on; undefined until it is done. */
  facts: TlsFacts | undefined;
  /** The protocol above; undefined until the handshake is done. */
  inner: StreamProtocol | undefined;

  protected readonly resources: TlsResources;
  /** True while an answer from outside is awaited: records are not taken meanwhile. */
  protected held: boolean;
  /** Early data was refused: records that do not open are skipped (RFC 8446 §4.2.10). */
  protected skipsEarlyData: boolean;
  /** Set on by the first ClientHello, off by the peer's Finished (RFC 8446 §5). */
  protected takesChangeCipherSpec: boolean;
  /** Version in the header of unprotected records: 0x0301 for a first ClientHello, 0x0303 else (RFC 8446 §5.1). */
  protected recordVersion: number;
  protected now: number;
  protected readonly size: RecordSize;

  readonly #assembly: HandshakeAssembly;
  readonly #out: SliceQueue;
  readonly #plain: SliceQueue;
  #read: RecordProtection | undefined;
  #write: RecordProtection | undefined;
  #readSecret: Uint8Array;
  #writeSecret: Uint8Array;
  /** Record plaintext that the peer may send at most, content type included (RFC 8449 §4). */
  #readLimit: number;
  /** A record that has not wholly come. */
  #kept: Uint8Array;
  #keptLength: number;
  /** Opened application data that the protocol above has not taken. */
  #left: Uint8Array;
  #skipped: number;
  #emptyRecords: number;
  #keyUpdates: number;
  #warnings: number;
  #keyUpdateDue: boolean;
  #readClosed: boolean;
  #closeSent: boolean;
  #lingers: boolean;
  #aborts: boolean;
  #deadline: number;

  constructor(resources: TlsResources, now: number) {
    this.failure = undefined;
    this.facts = undefined;
    this.inner = undefined;
    this.resources = resources;
    this.held = false;
    this.skipsEarlyData = false;
    this.takesChangeCipherSpec = false;
    this.recordVersion = 0x0303;
    this.now = now;
    this.size = new RecordSize();
    this.#assembly = new HandshakeAssembly();
    this.#out = new Slices();
    this.#plain = new Slices();
    this.#read = undefined;
    this.#write = undefined;
    this.#readSecret = EMPTY;
    this.#writeSecret = EMPTY;
    this.#readLimit = MAXIMUM_PLAINTEXT + 1;
    this.#kept = EMPTY;
    this.#keptLength = 0;
    this.#left = EMPTY;
    this.#skipped = 0;
    this.#emptyRecords = 0;
    this.#keyUpdates = 0;
    this.#warnings = 0;
    this.#keyUpdateDue = false;
    this.#readClosed = false;
    this.#closeSent = false;
    this.#lingers = false;
    this.#aborts = false;
    this.#deadline = now + parameters.HANDSHAKE_TIMEOUT_MS;
  }

  /** A whole handshake message, header included; borrowed until this returns. */
  protected abstract message(type: number, message: Uint8Array): void;
  /** The first octets of a connection, before the first record is looked at; true if the side has dealt with them. */
  protected abstract firstOctets(octets: Uint8Array, at: number): boolean;
  /** The connection is over: forget secrets. */
  protected abstract forget(): void;

  arrive(octets: Uint8Array, start: number, end: number, now: number): number {
    this.now = now;
    let at = start;
    while (at < end) {
      if (this.#readClosed) return end - start;
      if (this.held || this.#left.length > 0) break;
      if (this.#keptLength === 0) {
        const length = this.#recordLength(octets, at, end);
        if (length > 0 && end - at >= length) {
          this.#record(octets, at, at + length);
          at += length;
          continue;
        }
      }
      at += this.#keep(octets, at, end);
    }
    return at - start;
  }

  arriveEnd(now: number): void {
    this.now = now;
    if (this.#readClosed || this.failure !== undefined) return;
    this.#readClosed = true;
    if (this.#closeSent) {
      this.#letGo();
      return;
    }
    // RFC 8446 §6.1: without close_notify nobody knows whether something was cut off.
    this.failure = { code: 'truncated', alert: undefined };
    this.#abortInner();
  }

  abort(now: number): void {
    this.now = now;
    this.#readClosed = true;
    this.#out.clear();
    this.#abortInner();
  }

  emit(queue: SliceQueue, room: number, now: number): number {
    this.now = now;
    let made = this.#out.length > 0 ? queue.take(this.#out, room) : 0;
    if (this.facts === undefined || this.failure !== undefined || this.#closeSent) return made;
    while (made < room) {
      if (this.#keyUpdateDue || this.#write!.worn) this.#updateWriteKey();
      if (this.#out.length > 0) {
        made += queue.take(this.#out, room - made);
        continue;
      }
      const size = this.size.next(now);
      let plainRoom = plaintextRoom(room - made, size);
      if (plainRoom > LARGEST_EMISSION) plainRoom = LARGEST_EMISSION;
      if (plainRoom <= 0) break;
      const inner = this.inner!;
      const count = inner.emit(this.#plain, plainRoom, now);
      if (count > 0) {
        made += this.#seal(ContentType.ApplicationData, this.#plain, count, size, queue);
        this.size.sent(count, now);
        this.#keyUpdates = 0;
        if (this.#left.length > 0) this.#offerLeft();
      }
      if (count < plainRoom) {
        if ((inner.wish & StreamWish.Abort) !== 0) {
          this.#aborts = true;
        } else if ((inner.wish & StreamWish.End) !== 0) {
          this.#lingers = (inner.wish & StreamWish.Linger) !== 0;
          this.#sendClose();
          made += queue.take(this.#out, room - made);
        }
        break;
      }
    }
    return made;
  }

  timeoutsExpire(now: number): void {
    this.now = now;
    if (this.failure !== undefined) return;
    if (this.facts === undefined) {
      if (now >= this.#deadline) {
        this.failure = { code: 'handshake_timeout', alert: undefined };
        this.#aborts = true;
        this.#readClosed = true;
        this.#letGo();
      }
    } else {
      this.inner?.timeoutsExpire(now);
    }
  }

  nextTimeout(): number {
    if (this.failure !== undefined) return Number.POSITIVE_INFINITY;
    if (this.facts === undefined) return this.#deadline;
    return this.inner?.nextTimeout() ?? Number.POSITIVE_INFINITY;
  }

  get wish(): number {
    if (this.#aborts) return StreamWish.Abort;
    if (this.#out.length > 0) return StreamWish.None;
    if (this.failure !== undefined) {
      // What the peer still sends must not make a reset that overtakes our alert.
      return this.failure.code === 'peer_alert' || this.failure.code === 'truncated'
        ? StreamWish.End
        : StreamWish.End | StreamWish.Linger;
    }
    if (this.#closeSent) return this.#lingers ? StreamWish.End | StreamWish.Linger : StreamWish.End;
    if (this.facts !== undefined && (this.inner!.wish & StreamWish.Abort) !== 0) return StreamWish.Abort;
    return StreamWish.None;
  }

  // What the sides use

  /** Fails the connection: the alert that belongs to the code goes out, everything else stops. */
  protected fail(code: FailureCode): void {
    if (this.failure !== undefined) return;
    const alert = alertOf(code);
    if (alert !== undefined) this.#sendAlert(2, alert);
    this.failure = { code, alert };
    this.#readClosed = true;
    this.#abortInner();
  }

  /** Appends octets as they are (they must not change), for a peer that does not speak TLS. */
  protected sendUnframed(octets: Uint8Array): void {
    this.#out.append(octets, 0, octets.length, undefined);
  }

  /** Sends handshake messages under the key of the moment, in as few records as they fit. */
  protected sendHandshake(messages: Uint8Array): void {
    if (this.#write === undefined) {
      for (let at = 0; at < messages.length; at += MAXIMUM_PLAINTEXT) {
        const part = messages.subarray(at, Math.min(messages.length, at + MAXIMUM_PLAINTEXT));
        this.#sendPlain(ContentType.Handshake, part);
      }
      return;
    }
    this.#plain.append(messages, 0, messages.length, undefined);
    this.#seal(ContentType.Handshake, this.#plain, messages.length, this.size.limit, this.#out);
  }

  /** RFC 8446 appendix D.4: for middleboxes that expect it. */
  protected sendChangeCipherSpec(): void {
    this.#out.append(CHANGE_CIPHER_SPEC, 0, CHANGE_CIPHER_SPEC.length, undefined);
  }

  /** Whether the message at hand is the last of its record: else no key may change (RFC 8446 §5.1). */
  protected get endsRecord(): boolean {
    return !this.#assembly.more;
  }

  /** From here records are opened with the key of this secret. */
  protected readWith(suite: SuiteFacts, secret: Uint8Array): void {
    this.#read?.free();
    this.#read = new RecordProtection(this.resources.crypto, suite, secret);
    this.#readSecret = secret;
  }

  /** From here records are sealed with the key of this secret. */
  protected writeWith(suite: SuiteFacts, secret: Uint8Array): void {
    this.#write?.free();
    this.#write = new RecordProtection(this.resources.crypto, suite, secret);
    this.#writeSecret = secret;
  }

  /** RFC 8449: the limit that we announced. */
  protected limitReading(limit: number): void {
    this.#readLimit = limit;
  }

  /** The handshake is done: application data goes to and comes from `inner`. */
  protected connect(facts: TlsFacts, inner: StreamProtocol): void {
    this.facts = facts;
    this.inner = inner;
    this.takesChangeCipherSpec = false;
    this.skipsEarlyData = false;
  }

  /** RFC 8446 §4.6.3, once the handshake is done. */
  protected keyUpdate(message: Uint8Array): void {
    if (message.length !== 5) {
      this.fail('decode_error');
      return;
    }
    const requested = message[4]!;
    if (requested > 1) {
      this.fail('illegal_parameter');
      return;
    }
    if (!this.endsRecord) {
      this.fail('message_across_key_change');
      return;
    }
    if (++this.#keyUpdates > parameters.MAXIMUM_KEY_UPDATES) {
      this.fail('too_many_key_updates');
      return;
    }
    const suite = this.#read!.suite;
    const secret = nextTrafficSecret(this.resources.crypto, suite, this.#readSecret);
    this.#readSecret.fill(0);
    this.readWith(suite, secret);
    // However many requests come, one update answers them all.
    if (requested === 1) this.#keyUpdateDue = true;
  }

  /** Asks the peer to change its key too, with ours: before the next application data. */
  protected requestKeyUpdate(): void {
    this.#updateWriteKey(1);
  }

  // Records in

  /** Length of the record at `at`, header included; 0 while its header has not come. A length beyond all limits fails. */
  #recordLength(octets: Uint8Array, at: number, end: number): number {
    if (end - at < RECORD_HEADER) return 0;
    const length = (octets[at + 3]! << 8) | octets[at + 4]!;
    return RECORD_HEADER + length;
  }

  /** Copies towards one whole record, and deals with it once it is whole. Returns how many octets were taken. */
  #keep(octets: Uint8Array, at: number, end: number): number {
    const needed =
      this.#keptLength < RECORD_HEADER ? RECORD_HEADER : this.#recordLength(this.#kept, 0, this.#keptLength);
    const taken = Math.min(end - at, needed - this.#keptLength);
    const length = this.#keptLength + taken;
    if (this.#kept.length < length) {
      const grown = new Uint8Array(Math.max(length, needed, 512));
      grown.set(this.#kept.subarray(0, this.#keptLength));
      this.#kept = grown;
    }
    for (let i = 0; i < taken && taken <= 8; i++) this.#kept[this.#keptLength + i] = octets[at + i]!;
    if (taken > 8) this.#kept.set(octets.subarray(at, at + taken), this.#keptLength);
    this.#keptLength = length;
    if (length < RECORD_HEADER) return taken;
    if (!this.#headerFits(this.#kept, 0)) return taken;
    if (length >= this.#recordLength(this.#kept, 0, length)) {
      const kept = this.#kept;
      this.#keptLength = 0;
      this.#kept = EMPTY;
      this.#record(kept, 0, length);
      // Connections at rest hold no large buffer.
      if (!this.#readClosed && kept.length <= 2048) this.#kept = kept;
    }
    return taken;
  }

  /** Whether a header may be one of a record that comes next; else the connection has failed. */
  #headerFits(octets: Uint8Array, at: number): boolean {
    if (this.facts === undefined && this.#read === undefined && this.firstOctets(octets, at)) return false;
    const type = octets[at]!;
    // RFC 8446 §5: an unexpected record type is unexpected_message.
    if (type < ContentType.ChangeCipherSpec || type > ContentType.ApplicationData) {
      this.fail('unexpected_content_type');
      return false;
    }
    const length = (octets[at + 3]! << 8) | octets[at + 4]!;
    // §5.1 and §5.2. What is not application data is never protected.
    const most = type === ContentType.ApplicationData ? MAXIMUM_CIPHERTEXT : MAXIMUM_PLAINTEXT;
    if (length > most) {
      this.fail('record_overflow');
      return false;
    }
    return true;
  }

  /** One whole record at `[at, end)`, header included. */
  #record(octets: Uint8Array, at: number, end: number): void {
    if (!this.#headerFits(octets, at)) return;
    const type = octets[at]!;
    const start = at + RECORD_HEADER;
    if (type === ContentType.ChangeCipherSpec) {
      this.#changeCipherSpec(octets, start, end);
      return;
    }
    if (this.#read === undefined) {
      if (type === ContentType.ApplicationData) {
        // §4.2.10: after a HelloRetryRequest early data cannot be opened; it is skipped unseen.
        if (this.skipsEarlyData) this.#skip(end - start);
        else this.fail('unexpected_content_type');
        return;
      }
      this.#content(type, octets, start, end);
      return;
    }
    if (type !== ContentType.ApplicationData) {
      // A peer that could not read our first flight says so in clear; nothing else may come unprotected.
      if (type === ContentType.Alert && this.#read.sequence === 0 && this.facts === undefined) {
        this.#content(type, octets, start, end);
      } else {
        this.fail('unprotected_record');
      }
      return;
    }
    this.#protectedRecord(octets, at, end);
  }

  #protectedRecord(octets: Uint8Array, at: number, end: number): void {
    const start = at + RECORD_HEADER;
    const read = this.#read!;
    const scratch = this.resources.scratch;
    if (end - start <= TAG_OCTETS || !read.aead.open(read.nextNonce(), octets, at, octets, start, end, scratch, 0)) {
      if (this.skipsEarlyData) {
        read.takeBack();
        this.#skip(end - start);
      } else {
        this.fail('bad_record_mac');
      }
      return;
    }
    this.skipsEarlyData = false;
    let length = end - start - TAG_OCTETS;
    // §5.2 and RFC 8449 §4: content, type and padding together.
    if (length > this.#readLimit) {
      this.fail('record_overflow');
      return;
    }
    // §5.4: the content type is the last octet that is not zero.
    while (length > 0 && scratch[length - 1] === 0) length--;
    if (length === 0) {
      this.fail('unexpected_content_type');
      return;
    }
    const type = scratch[--length]!;
    if (type === ContentType.ApplicationData) this.#applicationData(scratch, length);
    else if (type === ContentType.ChangeCipherSpec) this.fail('misplaced_change_cipher_spec');
    else this.#content(type, scratch, 0, length);
  }

  /** An alert or handshake record, or one of a type that does not exist. */
  #content(type: number, octets: Uint8Array, start: number, end: number): void {
    switch (type) {
      case ContentType.Handshake:
        // §5.1: no empty fragments of handshake messages.
        if (start === end) {
          this.fail('empty_record');
          return;
        }
        this.#assembly.offer(octets, start, end);
        for (;;) {
          const message = this.#assembly.next();
          if (message === undefined) break;
          if (message === 'too_long') {
            this.fail('message_too_long');
            return;
          }
          this.message(message[0]!, message);
          if (this.failure !== undefined) return;
          // §5: a message behind one that awaits an answer would be of the key before.
          if (this.held && this.#assembly.more) {
            this.fail('unexpected_message');
            return;
          }
        }
        return;
      case ContentType.Alert:
        if (start === end) {
          this.fail('empty_record');
          return;
        }
        if (this.#assembly.incomplete) {
          this.fail('interleaved_handshake');
          return;
        }
        // §5.1: alerts are not fragmented and do not share a record.
        if (end - start !== 2) {
          this.fail('malformed_alert');
          return;
        }
        this.#alert(octets[start + 1]!);
        return;
      default:
        this.fail('unexpected_content_type');
        return;
    }
  }

  #applicationData(octets: Uint8Array, length: number): void {
    if (this.facts === undefined) {
      this.fail('unexpected_message');
      return;
    }
    if (this.#assembly.incomplete) {
      this.fail('interleaved_handshake');
      return;
    }
    if (length === 0) {
      if (++this.#emptyRecords > parameters.MAXIMUM_EMPTY_RECORDS) this.fail('too_many_empty_records');
      return;
    }
    this.#emptyRecords = 0;
    this.#keyUpdates = 0;
    const taken = this.inner!.arrive(octets, 0, length, this.now);
    if (taken < length) this.#left = new Uint8Array(octets.subarray(taken, length));
  }

  #offerLeft(): void {
    const left = this.#left;
    const taken = this.inner!.arrive(left, 0, left.length, this.now);
    this.#left = taken === left.length ? EMPTY : left.subarray(taken);
  }

  #changeCipherSpec(octets: Uint8Array, start: number, end: number): void {
    // §5: exactly one octet 0x01, between the first ClientHello and the peer's Finished; then it is dropped.
    if (!this.takesChangeCipherSpec || end - start !== 1 || octets[start] !== 1) {
      this.fail('misplaced_change_cipher_spec');
      return;
    }
    if (this.#assembly.incomplete) {
      this.fail('interleaved_handshake');
      return;
    }
    if (++this.#emptyRecords > parameters.MAXIMUM_EMPTY_RECORDS) this.fail('too_many_empty_records');
  }

  #skip(octets: number): void {
    this.#skipped += octets;
    if (this.#skipped > parameters.MAXIMUM_SKIPPED_EARLY_DATA) this.fail('too_much_early_data');
  }

  /** §6: the level says nothing in TLS 1.3. */
  #alert(description: number): void {
    if (description === AlertDescription.UserCanceled) {
      if (++this.#warnings > parameters.MAXIMUM_WARNING_ALERTS) {
        this.fail('too_many_warnings');
      }
      return;
    }
    this.#readClosed = true;
    if (description === AlertDescription.CloseNotify && this.facts !== undefined) {
      // §6.1: the other direction stays open.
      this.#keptLength = 0;
      this.inner!.arriveEnd(this.now);
      if (this.#closeSent) this.#letGo();
      return;
    }
    if (description === AlertDescription.CloseNotify && !this.#closeSent) this.#sendClose();
    this.failure = { code: 'peer_alert', alert: description };
    this.#abortInner();
  }

  // Records out

  /** Seals `count` octets from the head of `plain` as records of at most `size` octets of plaintext, in one chunk if it fits. */
  #seal(type: number, plain: SliceQueue, count: number, size: number, queue: SliceQueue): number {
    let made = 0;
    let left = count;
    while (left > 0) {
      const now = left > LARGEST_EMISSION ? Math.floor(LARGEST_EMISSION / size) * size : left;
      const chunk = this.resources.chunks.take(sealedLength(now, size));
      let at = 0;
      for (let position = 0; position < now; position += size) {
        const length = Math.min(now - position, size);
        at = sealRecord(this.#write!, type, plain, position, length, 0, chunk.octets, at);
      }
      plain.drop(now);
      queue.append(chunk.octets, 0, at, chunk);
      made += at;
      left -= now;
    }
    return made;
  }

  #sendPlain(type: number, content: Uint8Array): void {
    const record = new Uint8Array(RECORD_HEADER + content.length);
    writeHeader(record, 0, type, this.recordVersion, content.length);
    record.set(content, RECORD_HEADER);
    this.#out.append(record, 0, record.length, undefined);
  }

  #sendAlert(level: number, description: number): void {
    const content = Uint8Array.of(level, description);
    if (this.#write === undefined) {
      this.#sendPlain(ContentType.Alert, content);
    } else {
      this.#plain.clear();
      this.#plain.append(content, 0, 2, undefined);
      this.#seal(ContentType.Alert, this.#plain, 2, 2, this.#out);
    }
  }

  #sendClose(): void {
    this.#sendAlert(1, AlertDescription.CloseNotify);
    this.#closeSent = true;
    if (this.#readClosed) this.#letGo();
  }

  #updateWriteKey(request: number = 0): void {
    const write = this.#write!;
    const writer = new MessageWriter(8);
    const from = writer.beginMessage(HandshakeType.KeyUpdate);
    writer.u8(request);
    writer.endMessage(from);
    this.sendHandshake(writer.finish());
    const suite = write.suite;
    const secret = nextTrafficSecret(this.resources.crypto, suite, this.#writeSecret);
    this.#writeSecret.fill(0);
    this.writeWith(suite, secret);
    this.#keyUpdateDue = false;
  }

  #abortInner(): void {
    this.inner?.abort(this.now);
    this.#letGo();
  }

  /** Nothing more comes in or goes out but what is sealed already. */
  #letGo(): void {
    this.#read?.free();
    this.#write?.free();
    this.#read = undefined;
    this.#write = undefined;
    this.#readSecret.fill(0);
    this.#writeSecret.fill(0);
    this.#plain.clear();
    this.#assembly.clear();
    this.#kept = EMPTY;
    this.#keptLength = 0;
    this.#left = EMPTY;
    this.held = false;
    this.forget();
  }
}

const CHANGE_CIPHER_SPEC = Uint8Array.of(ContentType.ChangeCipherSpec, 3, 3, 0, 1, 1);
