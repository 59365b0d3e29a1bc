import { type TcpConnection, type TcpInfo, TcpState } from '@immuable-net/tcp';

/** Octets of Linux's `struct tcp_info` up to `tcpi_snd_wnd` (include/uapi/linux/tcp.h). */
const STRUCT_OCTETS = 232;

/** Where its fields stand. */
const Field = {
  State: 0,
  CongestionState: 1,
  Options: 5,
  WindowScales: 6,
  Rto: 8,
  Ato: 12,
  SndMss: 16,
  RcvMss: 20,
  Unacked: 24,
  Sacked: 28,
  Lost: 32,
  Retrans: 36,
  Pmtu: 60,
  RcvSsthresh: 64,
  Rtt: 68,
  RttVar: 72,
  SndSsthresh: 76,
  SndCwnd: 80,
  AdvMss: 84,
  Reordering: 88,
  RcvSpace: 96,
  TotalRetrans: 100,
  BytesAcked: 120,
  NotSentBytes: 144,
  MinRtt: 148,
  DeliveryRate: 160,
  Delivered: 192,
  SndWnd: 228,
} as const;

/** Linux's numbers of the states. */
const STATES: Readonly<Record<number, number>> = {
  [TcpState.ESTABLISHED]: 1,
  [TcpState.SYN_SENT]: 2,
  [TcpState.SYN_RECEIVED]: 3,
  [TcpState.FIN_WAIT_1]: 4,
  [TcpState.FIN_WAIT_2]: 5,
  [TcpState.TIME_WAIT]: 6,
  [TcpState.CLOSED]: 7,
  [TcpState.CLOSE_WAIT]: 8,
  [TcpState.LAST_ACK]: 9,
  [TcpState.LISTEN]: 10,
  [TcpState.CLOSING]: 11,
};

const OPTION_TIMESTAMPS = 1;
const OPTION_SACK = 2;
const OPTION_WSCALE = 4;
const OPTION_ECN = 8;
/** Linux's TCP_CA_Recovery; TCP_CA_Open is 0. */
const CA_RECOVERY = 3;
const INFINITE_SSTHRESH = 0x7fffffff;

/** What is known of a connection as Linux lays it out, little-endian. Linux counts windows in segments. */
export function linuxTcpInfo(connection: TcpConnection): Uint8Array {
  const info: TcpInfo = connection.info;
  const octets = new Uint8Array(STRUCT_OCTETS);
  const view = new DataView(octets.buffer);
  const mss = Math.max(1, info.segmentSize);
  const segments = (count: number): number => Math.ceil(count / mss);
  const put = (at: number, value: number): void => view.setUint32(at, Math.min(0xffffffff, Math.max(0, value)), true);
  const micros = (ms: number): number => (Number.isFinite(ms) ? Math.round(ms * 1000) : 0);
  view.setUint8(Field.State, STATES[info.state] ?? 7);
  view.setUint8(Field.CongestionState, info.limit === 'recovery' ? CA_RECOVERY : 0);
  let options = 0;
  if (info.timestamps) options |= OPTION_TIMESTAMPS;
  if (info.sack) options |= OPTION_SACK;
  if (info.sendWindowShift + info.receiveWindowShift > 0) options |= OPTION_WSCALE;
  if (info.ecn) options |= OPTION_ECN;
  view.setUint8(Field.Options, options);
  view.setUint8(Field.WindowScales, (info.sendWindowShift & 15) | ((info.receiveWindowShift & 15) << 4));
  put(Field.Rto, micros(info.rto));
  put(Field.SndMss, info.segmentSize);
  put(Field.RcvMss, info.segmentSize);
  put(Field.AdvMss, info.segmentSize);
  put(Field.Unacked, segments(info.outstanding));
  put(Field.Sacked, segments(info.sacked));
  put(Field.Lost, segments(info.lost));
  put(Field.Retrans, info.limit === 'recovery' ? info.retransmits : 0);
  put(Field.Rtt, micros(info.rtt));
  put(Field.RttVar, micros(info.rttVariance));
  put(Field.MinRtt, micros(info.minimumRtt));
  put(
    Field.SndSsthresh,
    Number.isFinite(info.ssthresh) ? Math.min(INFINITE_SSTHRESH, Math.floor(info.ssthresh / mss)) : INFINITE_SSTHRESH,
  );
  put(Field.SndCwnd, Math.floor(info.cwnd / mss));
  put(Field.Reordering, 3);
  put(Field.RcvSsthresh, info.receiveWindow);
  put(Field.RcvSpace, info.receiveBuffer);
  put(Field.TotalRetrans, info.retransmits);
  put(Field.NotSentBytes, Math.max(0, info.queued - info.outstanding));
  put(Field.SndWnd, info.sendWindow);
  put(Field.Delivered, segments(info.delivered));
  view.setBigUint64(Field.BytesAcked, BigInt(Math.max(0, Math.round(info.delivered))), true);
  view.setBigUint64(Field.DeliveryRate, BigInt(Math.max(0, Math.round(info.deliveryRate))), true);
  return octets;
}
