import { IpAddress } from '@immuable-net/ip';
import { fromHex, toHex } from '@immuable-net/octets';
import type { NetworkStack } from '@immuable-net/stack';
import type { TcpConnection } from '@immuable-net/tcp';
import { AgentSocket } from './agent-socket.ts';
import * as Linux from './linux.ts';
import { getOption, setOption } from './socket-options.ts';

const { Errno } = Linux;

/** One line's answer: `ret`, and what the call adds to it. */
export interface Answer {
  readonly ret: number;
  readonly errno?: number;
  readonly ip?: string;
  readonly port?: number;
  readonly data?: string;
  readonly value?: number;
  readonly revents?: string;
}

/** One line of a tool: which call, and its arguments. Nothing of it is trusted. */
export type Request = Readonly<Record<string, unknown>>;

/** A call that blocks: tried again whenever something changed. */
interface Blocked {
  attempt(): Answer | undefined;
  reply(answer: Answer): void;
  /** When it gives up, in the milliseconds of `now`, and with what. */
  readonly until: number;
  readonly late: Answer;
}

/** The longest message that one recv takes, octets. */
const LARGEST_READ = 1 << 20;
/** Sockets that a tool may have. */
const MAXIMUM_SOCKETS = 1024;

/**
 * Sockets as Linux has them, on a stack of ours, for tools outside: each call is one object, each answer another.
 * Blocking calls are answered when they can be. Sans-IO: whoever runs it moves lines and time.
 */
export class SocketAgent {
  #stack: NetworkStack;
  #sockets: Map<number, AgentSocket>;
  #blocked: Set<Blocked>;
  #nextFd: number;
  #now: () => number;
  #settling: boolean;

  constructor(stack: NetworkStack, now: () => number) {
    this.#stack = stack;
    this.#sockets = new Map();
    this.#blocked = new Set();
    this.#nextFd = 3;
    this.#now = now;
    this.#settling = false;
  }

  /** One call. `reply` is called once: at once, or when a blocking call is over. The returned function forgets the call. */
  call(request: Request, reply: (answer: Answer) => void): () => void {
    const { op } = request;
    if (op === 'reset') return this.#answer(this.#reset(), reply);
    if (op === 'socket') return this.#answer(this.#socket(request), reply);
    if (op === 'poll') return this.#poll(request, reply);
    const socket = this.#sockets.get(number(request.fd));
    if (typeof op !== 'string' || !Object.hasOwn(OPERATIONS, op)) return this.#answer(failure(Errno.ENOSYS), reply);
    if (socket === undefined) return this.#answer(failure(Errno.EBADF), reply);
    switch (op) {
      case 'accept':
        return this.#block(socket, request, reply, () => this.#accept(socket));
      case 'recv':
        return this.#block(socket, request, reply, () => this.#recv(socket, request));
      case 'send':
        return this.#send(socket, request, reply);
      case 'connect':
        return this.#connect(socket, request, reply);
      case 'bind':
        return this.#answer(this.#bind(socket, request), reply);
      case 'listen':
        return this.#answer(this.#listen(socket, request), reply);
      case 'fcntl':
        return this.#answer(fcntl(socket, request), reply);
      case 'ioctl':
        return this.#answer(ioctl(socket, request), reply);
      case 'shutdown':
        return this.#answer(this.#shutdown(socket, request), reply);
      case 'close':
        return this.#answer(this.#close(socket), reply);
      case 'getsockopt':
        return this.#answer(getOption(socket, number(request.level), number(request.opt), number(request.len)), reply);
      default:
        return this.#answer(
          setOption(socket, number(request.level), number(request.opt), octets(request.data) ?? new Uint8Array()),
          reply,
        );
    }
  }

  /** Tries blocked calls again: call after each poll of the stack, and when {@link nextTimeout} is due. */
  settle(): void {
    if (this.#settling) return;
    this.#settling = true;
    const now = this.#now();
    for (const call of this.#blocked) {
      const answer = call.attempt() ?? (call.until <= now ? call.late : undefined);
      if (answer === undefined) continue;
      this.#blocked.delete(call);
      call.reply(answer);
    }
    this.#settling = false;
  }

  /** When {@link settle} is due though nothing happened. */
  nextTimeout(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const call of this.#blocked) if (call.until < next) next = call.until;
    return next;
  }

  #answer(answer: Answer, reply: (answer: Answer) => void): () => void {
    this.#stack.requestPoll();
    reply(answer);
    return nothing;
  }

  #wait(attempt: () => Answer | undefined, reply: (answer: Answer) => void, until: number, late: Answer): () => void {
    this.#stack.requestPoll();
    const blocked: Blocked = { attempt, reply, until, late };
    this.#blocked.add(blocked);
    return () => this.#blocked.delete(blocked);
  }

  /** A call that waits until it can be answered, unless the socket or the call is non-blocking. */
  #block(
    socket: AgentSocket,
    request: Request,
    reply: (answer: Answer) => void,
    attempt: () => Answer | undefined,
  ): () => void {
    const answer = attempt();
    if (answer !== undefined) return this.#answer(answer, reply);
    if (socket.nonBlocking || (number(request.flags) & Linux.MSG_DONTWAIT) !== 0) {
      return this.#answer(failure(Errno.EAGAIN), reply);
    }
    const alive = (): Answer | undefined =>
      this.#sockets.get(socket.fd) === socket ? attempt() : failure(Errno.EBADF);
    return this.#wait(alive, reply, Number.POSITIVE_INFINITY, failure(Errno.EAGAIN));
  }

  #reset(): Answer {
    for (const socket of this.#sockets.values()) {
      socket.listener?.close();
      socket.connection?.abort();
    }
    this.#sockets.clear();
    for (const call of this.#blocked) call.reply(failure(Errno.EBADF));
    this.#blocked.clear();
    this.#nextFd = 3;
    // What it answers is true only once the RSTs are written.
    const now = this.#now();
    this.#stack.restartTcp(now);
    return { ret: 0 };
  }

  #socket(request: Request): Answer {
    if (number(request.domain) !== Linux.AF_INET) return failure(Errno.EAFNOSUPPORT);
    const type = number(request.type);
    if ((type & Linux.SOCK_TYPE_MASK) !== Linux.SOCK_STREAM) return failure(Errno.EPROTONOSUPPORT);
    const protocol = number(request.protocol);
    if (protocol !== 0 && protocol !== Linux.IPPROTO_TCP) return failure(Errno.EPROTONOSUPPORT);
    const socket = this.#make((type & Linux.SOCK_NONBLOCK) !== 0);
    return socket === undefined ? failure(24) : { ret: socket.fd };
  }

  #make(nonBlocking: boolean): AgentSocket | undefined {
    if (this.#sockets.size >= MAXIMUM_SOCKETS) return undefined;
    const socket = new AgentSocket(this.#nextFd++, nonBlocking);
    this.#sockets.set(socket.fd, socket);
    return socket;
  }

  #bind(socket: AgentSocket, request: Request): Answer {
    const address = IpAddress.tryParse(String(request.ip));
    const port = number(request.port);
    if (address === undefined || port < 0 || port > 65535 || socket.port !== 0) return failure(Errno.EINVAL);
    socket.address = address.isUnspecified ? undefined : address;
    socket.port = port;
    return { ret: 0 };
  }

  #listen(socket: AgentSocket, request: Request): Answer {
    if (socket.connection !== undefined) return failure(Errno.EINVAL);
    if (socket.listener !== undefined) return { ret: 0 };
    try {
      socket.listener = this.#stack.listen({
        port: socket.port,
        address: socket.address,
        backlog: Math.max(1, number(request.backlog)),
        connectionOptions: socket.options,
      });
      socket.listener.userData = socket;
    } catch (error) {
      return failure(Linux.errnoOf((error as { code?: string }).code ?? 'EINVAL'));
    }
    return { ret: 0 };
  }

  #accept(socket: AgentSocket): Answer | undefined {
    if (socket.listener === undefined) return failure(Errno.EINVAL);
    const connection = socket.listener.accept();
    if (connection === undefined) return undefined;
    const made = this.#make(false);
    if (made === undefined) {
      connection.abort();
      return failure(24);
    }
    made.options = { ...socket.options };
    made.adopt(connection);
    return { ret: made.fd, ip: connection.remote.toString(), port: connection.remotePort };
  }

  #connect(socket: AgentSocket, request: Request, reply: (answer: Answer) => void): () => void {
    const outcome = (): Answer | undefined => {
      if (socket.established) return { ret: 0 };
      if (socket.error !== 0) return failure(socket.takeError());
      return socket.gone ? failure(Errno.ECONNABORTED) : undefined;
    };
    if (socket.listener !== undefined) return this.#answer(failure(Errno.EISCONN), reply);
    if (socket.connection !== undefined) {
      if (socket.error !== 0) return this.#answer(failure(socket.takeError()), reply);
      return this.#answer(failure(socket.established ? Errno.EISCONN : Errno.EALREADY), reply);
    }
    try {
      const connection = this.#stack.connect(
        {
          ...socket.options,
          address: String(request.ip),
          port: number(request.port),
          localAddress: socket.address,
          localPort: socket.port === 0 ? undefined : socket.port,
          application: socket,
        },
        this.#now(),
      );
      socket.connection = connection;
    } catch (error) {
      return this.#answer(failure(Linux.errnoOf((error as { code?: string }).code ?? 'EINVAL')), reply);
    }
    if (socket.nonBlocking) return this.#answer(failure(Errno.EINPROGRESS), reply);
    return this.#wait(outcome, reply, Number.POSITIVE_INFINITY, failure(Errno.ETIMEDOUT));
  }

  #recv(socket: AgentSocket, request: Request): Answer | undefined {
    const { connection } = socket;
    if (connection === undefined) return failure(Errno.ENOTCONN);
    const count = Math.min(Math.max(0, number(request.count)), LARGEST_READ);
    if (count === 0) return { ret: 0, data: '' };
    if (connection.readable > 0 && !socket.readShut) {
      const target = new Uint8Array(Math.min(count, connection.readable));
      const taken = connection.read(target, 0, target.length);
      return { ret: taken, data: toHex(target.subarray(0, taken)) };
    }
    if (socket.error !== 0) return failure(socket.takeError());
    if (connection.ended || socket.readShut || socket.gone) return { ret: 0, data: '' };
    return undefined;
  }

  #send(socket: AgentSocket, request: Request, reply: (answer: Answer) => void): () => void {
    const { connection } = socket;
    const data = octets(request.data);
    if (connection === undefined) return this.#answer(failure(Errno.EPIPE), reply);
    if (data === undefined) return this.#answer(failure(Errno.EFAULT), reply);
    let sent = 0;
    const more = (number(request.flags) & Linux.MSG_MORE) !== 0;
    const waits = !socket.nonBlocking && (number(request.flags) & Linux.MSG_DONTWAIT) === 0;
    const attempt = (): Answer | undefined => {
      if (socket.error !== 0) return sent > 0 ? { ret: sent } : failure(socket.takeError());
      if (socket.writeShut || socket.gone) return sent > 0 ? { ret: sent } : failure(Errno.EPIPE);
      if (!socket.established) return undefined;
      const count = Math.min(data.length - sent, connection.room);
      if (count > 0) {
        connection.cork = more || socket.options.cork === true;
        connection.sendQueue.append(data, sent, sent + count, undefined);
        connection.push();
        this.#stack.requestPoll();
        sent += count;
      }
      if (sent === data.length || (!waits && sent > 0)) return { ret: sent };
      return undefined;
    };
    return this.#block(socket, request, reply, attempt);
  }

  #shutdown(socket: AgentSocket, request: Request): Answer {
    const how = number(request.how);
    if (how < 0 || how > 2) return failure(Errno.EINVAL);
    if (socket.listener !== undefined) {
      if (how !== 1) {
        socket.listener.close();
        socket.listener = undefined;
      }
      return { ret: 0 };
    }
    if (socket.connection === undefined || socket.gone) return failure(Errno.ENOTCONN);
    if (how !== 1) socket.readShut = true;
    if (how !== 0 && !socket.writeShut) {
      socket.writeShut = true;
      socket.connection.shutdown();
    }
    return { ret: 0 };
  }

  #close(socket: AgentSocket): Answer {
    this.#sockets.delete(socket.fd);
    socket.listener?.close();
    if (socket.connection !== undefined && !socket.gone) {
      if (socket.resets) socket.connection.abort();
      else socket.connection.close();
    }
    this.settle();
    return { ret: 0 };
  }

  #poll(request: Request, reply: (answer: Answer) => void): () => void {
    const asked = Array.isArray(request.fds) ? (request.fds as unknown[]).slice(0, MAXIMUM_SOCKETS) : [];
    const timeout = number(request.timeout);
    const look = (): Answer => {
      const revents = asked.map((pair) => {
        const [fd, events] = Array.isArray(pair) ? (pair as unknown[]) : [];
        const socket = this.#sockets.get(number(fd));
        if (socket === undefined) return 0x20; // POLLNVAL
        return socket.revents & (number(events) | Linux.Poll.ERR | Linux.Poll.HUP);
      });
      return { ret: revents.filter((bits) => bits !== 0).length, revents: revents.join(',') };
    };
    const first = look();
    if (first.ret > 0 || timeout === 0) return this.#answer(first, reply);
    const attempt = (): Answer | undefined => {
      const answer = look();
      return answer.ret > 0 ? answer : undefined;
    };
    const until = timeout < 0 ? Number.POSITIVE_INFINITY : this.#now() + timeout;
    return this.#wait(attempt, reply, until, first);
  }
}

const OPERATIONS = {
  accept: 1,
  recv: 1,
  send: 1,
  connect: 1,
  bind: 1,
  listen: 1,
  fcntl: 1,
  ioctl: 1,
  shutdown: 1,
  close: 1,
  getsockopt: 1,
  setsockopt: 1,
};

function fcntl(socket: AgentSocket, request: Request): Answer {
  switch (number(request.cmd)) {
    case Linux.F_GETFL:
      return { ret: Linux.O_RDWR | (socket.nonBlocking ? Linux.O_NONBLOCK : 0) };
    case Linux.F_SETFL:
      socket.nonBlocking = (number(request.arg) & Linux.O_NONBLOCK) !== 0;
      return { ret: 0 };
    default:
      return failure(Errno.EINVAL);
  }
}

function ioctl(socket: AgentSocket, request: Request): Answer {
  const connection: TcpConnection | undefined = socket.connection;
  if (connection === undefined) return failure(Errno.EINVAL);
  switch (number(request.req)) {
    case Linux.SIOCINQ:
      return { ret: 0, value: connection.readable };
    case Linux.SIOCOUTQ:
      return { ret: 0, value: connection.sendQueue.length };
    default:
      return failure(Errno.EINVAL);
  }
}

/** A call that failed. */
function failure(errno: number): Answer {
  return { ret: -1, errno };
}

/** A field that should be a number; 0 where it is none. */
function number(field: unknown): number {
  return typeof field === 'number' && Number.isFinite(field) ? Math.trunc(field) : 0;
}

function octets(field: unknown): Uint8Array | undefined {
  if (typeof field !== 'string') return undefined;
  try {
    return fromHex(field);
  } catch {
    return undefined;
  }
}

function nothing(): void {}
