export { MemoryLink, MemoryWire, type MemoryWireOptions } from './memory-wire.ts';
