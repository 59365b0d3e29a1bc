import type { SliceOwner } from '@immuable-net/octets';
import type { ConnectionApplication, ListenerApplication, NetworkStack } from '@immuable-net/stack';
import { type TcpConnection, TcpEvent, type TcpListener } from '@immuable-net/tcp';
import { Pattern } from './pattern.ts';
import type { Random } from './random.ts';

/** How one application uses its connection. */
export interface FlowBehaviour {
  /** Octets to send. */
  readonly octets: number;
  /** `at-once`; `after-end`: once the peer has ended; `in-step`: as much as was received, in proportion. */
  readonly sends: 'at-once' | 'after-end' | 'in-step';
  /** Reads at most so many octets every so many milliseconds; undefined: all at once. */
  readonly slow: { readonly octets: number; readonly everyMs: number } | undefined;
  /** Resets the connection once it has received so many octets. */
  readonly abortAfter: number | undefined;
}

/** What a flow is: who connects to whom, when, and what both do. */
export interface FlowPlan {
  readonly client: number;
  readonly server: number;
  readonly port: number;
  readonly startMs: number;
  readonly up: FlowBehaviour;
  readonly down: FlowBehaviour;
}

/** One end of a flow: sends its own pattern and checks the other's, octet for octet. */
export class FlowEnd implements ConnectionApplication, SliceOwner {
  readonly name: string;
  readonly behaviour: FlowBehaviour;
  connection: TcpConnection | undefined;
  received: number;
  sent: number;
  /** The peer's end was read. */
  ended: boolean;
  /** The connection is gone. */
  closed: boolean;
  /** Reset by this end itself. */
  aborted: boolean;
  /** Slices lent and not yet released. */
  lent: number;
  /** What was seen that must not be. */
  wrong: string | undefined;
  #peerOctets: number;
  #sends: Pattern;
  #expects: Pattern;
  #established: boolean;
  #shut: boolean;
  #readAt: number;

  constructor(name: string, behaviour: FlowBehaviour, peer: FlowBehaviour, sends: Pattern, expects: Pattern) {
    this.name = name;
    this.behaviour = behaviour;
    this.connection = undefined;
    this.received = 0;
    this.sent = 0;
    this.ended = false;
    this.closed = false;
    this.aborted = false;
    this.lent = 0;
    this.wrong = undefined;
    this.#peerOctets = peer.octets;
    this.#sends = sends;
    this.#expects = expects;
    this.#established = false;
    this.#shut = false;
    this.#readAt = 0;
  }

  /** All of the peer's octets came, and its end. */
  get complete(): boolean {
    return this.ended && this.received === this.#peerOctets && this.wrong === undefined;
  }

  /** The literal code of what ended the connection out of order. */
  get failure(): string | undefined {
    return this.connection?.failure?.code;
  }

  /** Takes a connection over: given by connect, or just accepted. */
  begin(connection: TcpConnection, events: number, now: number): void {
    this.connection = connection;
    connection.userData = this;
    this.ready(connection, events, now);
  }

  /** @inheritdoc */
  ready(connection: TcpConnection, events: number, now: number): void {
    if (this.closed) {
      if (!this.aborted) this.wrong ??= 'an event after Closed';
      return;
    }
    if ((events & TcpEvent.Established) !== 0) this.#established = true;
    // No timer of the connection brings a slow reader back once it is gone.
    this.#read(connection, (events & TcpEvent.Closed) !== 0 ? undefined : this.behaviour.slow, now);
    const { abortAfter } = this.behaviour;
    if (!this.aborted && abortAfter !== undefined && this.received >= abortAfter && connection.failure === undefined) {
      this.aborted = true;
      connection.abort();
    }
    if ((events & TcpEvent.Closed) !== 0 || this.aborted) {
      this.closed = true;
      return;
    }
    this.#write(connection);
  }

  /** Called by TCP when what was lent is acknowledged or dropped. */
  release(): void {
    this.lent--;
    if (this.lent < 0) this.wrong ??= 'a slice released twice';
  }

  #read(connection: TcpConnection, slow: FlowBehaviour['slow'], now: number): void {
    let left = Number.POSITIVE_INFINITY;
    if (slow !== undefined) {
      if (now < this.#readAt) left = 0;
      else left = slow.octets;
    }
    let took = false;
    while (left > 0 && connection.peek()) {
      const { readOctets, readStart } = connection;
      const count = Math.min(left, connection.readEnd - readStart);
      const at = this.#expects.mismatch(readOctets, readStart, readStart + count, this.received);
      if (at >= 0) this.wrong ??= `another octet than was sent at ${this.received + (at - readStart)}`;
      connection.consume(count);
      this.received += count;
      left -= count;
      took = true;
    }
    if (this.received > this.#peerOctets) this.wrong ??= 'more octets than were sent';
    if (slow !== undefined && took) {
      this.#readAt = now + slow.everyMs;
      connection.setApplicationDeadline(this.#readAt);
    } else if (slow !== undefined && now >= this.#readAt) {
      connection.setApplicationDeadline(Number.POSITIVE_INFINITY);
    }
    // A reset takes back what was not read: that is a failure, not an end.
    if (connection.ended && connection.failure === undefined && !this.ended) {
      this.ended = true;
      if (this.received !== this.#peerOctets)
        this.wrong ??= `an end after ${this.received} of ${this.#peerOctets} octets`;
    }
  }

  #write(connection: TcpConnection): void {
    const { octets, sends } = this.behaviour;
    let goal = octets;
    if (sends === 'after-end' && !this.ended) return;
    if (sends === 'in-step' && this.received < this.#peerOctets) {
      goal = Math.floor((octets * this.received) / this.#peerOctets);
    }
    let wrote = false;
    for (;;) {
      const count = Math.min(goal - this.sent, connection.room, this.#sends.runFrom(this.sent));
      if (count <= 0) break;
      const start = this.#sends.startOf(this.sent);
      connection.sendQueue.append(this.#sends.octets, start, start + count, this);
      this.lent++;
      this.sent += count;
      wrote = true;
    }
    if (wrote) connection.push();
    if (!Number.isInteger(connection.room)) this.wrong ??= `room for ${connection.room} octets`;
    // RFC 9293 §3.10.4: a close before the handshake is done takes everything back, what was written too.
    if (this.sent === octets && this.#established && !this.#shut) {
      this.#shut = true;
      connection.shutdown();
    }
  }
}

/** Accepts the one connection of a flow. */
class FlowListener implements ListenerApplication {
  #end: FlowEnd;

  constructor(end: FlowEnd) {
    this.#end = end;
  }

  accepted(listener: TcpListener, now: number): void {
    for (let connection = listener.accept(); connection !== undefined; connection = listener.accept()) {
      if (this.#end.connection === undefined) this.#end.begin(connection, TcpEvent.Established, now);
      else connection.abort();
    }
  }
}

/** One connection between two stacks and what is done on it. */
export class Flow {
  readonly plan: FlowPlan;
  readonly client: FlowEnd;
  readonly server: FlowEnd;
  #listener: TcpListener | undefined;

  constructor(plan: FlowPlan, random: Random) {
    const up = new Pattern(random);
    const down = new Pattern(random);
    this.plan = plan;
    this.client = new FlowEnd(`client ${plan.port}`, plan.up, plan.down, up, down);
    this.server = new FlowEnd(`server ${plan.port}`, plan.down, plan.up, down, up);
    this.#listener = undefined;
  }

  /** Has the server's side wait for the connection. */
  listen(stack: NetworkStack): void {
    this.#listener = stack.listen({ port: this.plan.port });
    this.#listener.userData = new FlowListener(this.server);
  }

  /** Connects. */
  connect(stack: NetworkStack, address: string, now: number): void {
    this.client.begin(stack.connect({ address, port: this.plan.port }, now), 0, now);
  }

  /** No connection is left on either side; where the server saw none, the client's is gone. */
  get over(): boolean {
    return this.client.closed && (this.server.connection === undefined || this.server.closed);
  }

  /** Both directions came whole. */
  get complete(): boolean {
    return this.client.complete && this.server.complete;
  }

  close(): void {
    this.#listener?.close();
  }
}
