import { readFileSync } from 'node:fs';
import { LITTLE_ENDIAN } from './interface-request.ts';
import { ipv4Text } from './ipv4-text.ts';

/** One IPv4 route of the host's main table. */
export interface HostRoute {
  /** The interface it leads to; `*` for one that leads nowhere (blackhole, unreachable). */
  readonly device: string;
  /** int32. */
  readonly destination: number;
  readonly prefixLength: number;
}

const RTF_UP = 1;

/** Reads the host's IPv4 routes from `/proc/thread-self/net/route`. */
export function readHostRoutes(): HostRoute[] {
  let lines: string[];
  try {
    lines = readFileSync('/proc/thread-self/net/route', 'latin1').split('\n');
  } catch {
    return [];
  }
  const routes: HostRoute[] = [];
  for (const line of lines.slice(1)) {
    // Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
    const columns = line.split('\t');
    const [device, destination, , flags, , , , mask] = columns;
    if (device === undefined || destination === undefined || flags === undefined || mask === undefined) continue;
    if ((Number.parseInt(flags, 16) & RTF_UP) === 0) continue;
    // The mask's leading ones: clz32(0) is 32, so the mask of a host route comes out right.
    routes.push({ device: device.trim(), destination: word(destination), prefixLength: Math.clz32(~word(mask)) });
  }
  return routes;
}

/**
 * The route, other than by `device` itself and than the default route, that shares addresses with the prefix;
 * undefined when there is none.
 */
export function findOverlap(
  routes: readonly HostRoute[],
  device: string,
  address: number,
  prefixLength: number,
): HostRoute | undefined {
  return routes.find((route) => {
    if (route.device === device || route.prefixLength === 0) return false;
    // Two prefixes share addresses where the shorter one contains the other.
    const shorter = Math.min(route.prefixLength, prefixLength);
    return shorter === 0 || (route.destination ^ address) >>> (32 - shorter) === 0;
  });
}

export function routeText(route: HostRoute): string {
  return `${ipv4Text(route.destination)}/${route.prefixLength} dev ${route.device}`;
}

/** A word printed as the machine holds it, of octets in network order. */
function word(digits: string): number {
  const value = Number.parseInt(digits, 16) | 0;
  if (!LITTLE_ENDIAN) return value;
  return ((value & 255) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24);
}
