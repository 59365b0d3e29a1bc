import { TransportErrorKind } from '@immuable-net/ip';

/** What an ICMP error said about a datagram of a connected socket, with the code that `node:dgram` gives it. */
export class UdpFailure {
  readonly code: 'ECONNREFUSED' | 'EHOSTUNREACH' | 'ENETUNREACH' | 'EMSGSIZE' | 'EPROTO' | 'ENOPROTOOPT';
  readonly message: string;

  constructor(kind: TransportErrorKind) {
    switch (kind) {
      case TransportErrorKind.PortUnreachable:
        this.code = 'ECONNREFUSED';
        this.message = 'nobody listens on the remote port';
        break;
      case TransportErrorKind.ProtocolUnreachable:
        this.code = 'ENOPROTOOPT';
        this.message = 'the remote host does not speak UDP';
        break;
      case TransportErrorKind.NetUnreachable:
        this.code = 'ENETUNREACH';
        this.message = 'no route to the remote network';
        break;
      case TransportErrorKind.PacketTooBig:
        this.code = 'EMSGSIZE';
        this.message = 'the datagram was larger than the path takes';
        break;
      case TransportErrorKind.ParameterProblem:
        this.code = 'EPROTO';
        this.message = 'the datagram was refused as malformed';
        break;
      default:
        this.code = 'EHOSTUNREACH';
        this.message = 'the remote host does not answer';
    }
  }
}

/** A socket was asked for something impossible. */
export class UdpUsageError extends Error {
  readonly code: 'EADDRINUSE' | 'EADDRNOTAVAIL' | 'EMSGSIZE' | 'EBADF' | 'EINVAL';

  constructor(code: UdpUsageError['code'], message: string) {
    super(message);
    this.name = 'UdpUsageError';
    this.code = code;
  }
}
