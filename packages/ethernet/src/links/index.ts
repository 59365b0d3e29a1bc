export {
  type CaptureSink,
  type CaptureWriter,
  type FrameDirection,
  PcapngWriter,
  PcapWriter,
} from './capture-writer.ts';
export { FaultLink, type FaultLinkOptions } from './fault-link.ts';
export type { Impairment, ImpairmentCounters } from './impairment.ts';
export { LinkMiddleware } from './link-middleware.ts';
export { MemoryLink, MemoryWire, type MemoryWireOptions } from './memory-wire.ts';
export { PcapLink } from './pcap-link.ts';
export { TraceLink } from './trace-link.ts';
