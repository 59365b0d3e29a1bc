import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  chooseHostAddress,
  findOverlap,
  type HostSide,
  openTap,
  openTapQueue,
  TapError,
  TapLink,
  type TapOptions,
} from '../src/index.ts';
import { skipped, TestNamespace } from './namespace.ts';

const OURS = 0x0a000002;

function errorOf(run: () => unknown): TapError {
  try {
    run();
  } catch (error) {
    if (error instanceof TapError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe("the host's address", () => {
  it('is what was asked, else the gateway, else the first other of the prefix', () => {
    expect(chooseHostAddress({ address: OURS, prefixLength: 24, host: 0x0a000063 })).toBe(0x0a000063);
    expect(chooseHostAddress({ address: OURS, prefixLength: 24, gateway: 0x0a0000fe })).toBe(0x0a0000fe);
    expect(chooseHostAddress({ address: OURS, prefixLength: 24, gateway: 0x0a0100fe })).toBe(0x0a000001);
    expect(chooseHostAddress({ address: OURS, prefixLength: 24 })).toBe(0x0a000001);
    expect(chooseHostAddress({ address: 0x0a000001, prefixLength: 24 })).toBe(0x0a000002);
    expect(chooseHostAddress({ address: OURS, prefixLength: 31 })).toBe(0x0a000003);
    expect(chooseHostAddress({ address: OURS, prefixLength: 32 })).toBeUndefined();
    expect(chooseHostAddress({ address: OURS, prefixLength: 24, host: 'none' })).toBeUndefined();
    expect(chooseHostAddress({ address: 0xc0a80002 | 0, prefixLength: 24 })).toBe(0xc0a80001 | 0);
  });
});

describe('a route that overlaps', () => {
  const route = { device: 'eth0', destination: 0x0a000000, prefixLength: 16 };

  it('contains the prefix, or lies in it', () => {
    expect(findOverlap([route], 'tap0', OURS, 24)).toBe(route);
    expect(findOverlap([route], 'tap0', 0x0a7f0001, 8)).toBe(route);
    expect(findOverlap([route], 'tap0', 0x0a010002, 24)).toBeUndefined();
    expect(findOverlap([{ ...route, prefixLength: 32 }], 'tap0', 0x0a000000, 31)).toBeDefined();
  });

  it('is not the default route, nor one of the device itself', () => {
    expect(findOverlap([{ device: 'eth0', destination: 0, prefixLength: 0 }], 'tap0', OURS, 24)).toBeUndefined();
    expect(findOverlap([{ ...route, device: 'tap0' }], 'tap0', OURS, 24)).toBeUndefined();
  });
});

describe.skipIf(skipped)(`opening taps in a namespace${skipped ? ` (${skipped})` : ''}`, () => {
  let namespace: TestNamespace;
  const links: TapLink[] = [];

  beforeAll(() => {
    namespace = new TestNamespace();
    namespace.run('ip link add wire0 type veth peer name wire1');
    namespace.run('ip addr add 172.16.5.1/20 dev wire0');
    namespace.run('ip link set wire0 up');
  });
  afterEach(() => {
    for (const link of links.splice(0)) link.close();
  });
  afterAll(() => namespace.leave());

  function open(options: TapOptions): { link: TapLink; hostSide: HostSide | undefined } {
    const { queue, hostSide } = openTap(options);
    const link = new TapLink(queue);
    links.push(link);
    return { link, hostSide };
  }

  it('creates it, gives the host the first other address, raises it, and says so', () => {
    const { link, hostSide } = open({ name: 'tap0', hostSide: { address: OURS, prefixLength: 24 } });
    expect(hostSide?.address).toBe(0x0a000001);
    expect(hostSide?.description).toBe(
      'tap0 was created; the host is 10.0.0.1/24 on it; it is up (ip addr add 10.0.0.1/24 dev tap0; ip link set dev tap0 up).',
    );
    expect(namespace.run('ip -4 -o addr show dev tap0')).toMatch(/inet 10\.0\.0\.1\/24 /);
    expect(namespace.run('ip route get 10.0.0.2')).toMatch(/10\.0\.0\.2 dev tap0 src 10\.0\.0\.1/);
    expect(link.mtu).toBe(1500);
    link.close();
    // A device that we created goes with us.
    expect(() => namespace.run('ip link show tap0')).toThrow();
  });

  it('leaves the host alone when told so, and never touches a device that existed', () => {
    const { hostSide } = open({ name: 'tap0', hostSide: { address: OURS, prefixLength: 24, host: 'none' } });
    expect(hostSide?.address).toBeUndefined();
    expect(namespace.run('ip -o link show dev tap0')).toMatch(/state DOWN/);
    namespace.run('ip tuntap add dev kept0 mode tap');
    const kept = open({ name: 'kept0', hostSide: { address: OURS, prefixLength: 24 } });
    expect(kept.hostSide).toBeUndefined();
    expect(namespace.run('ip -4 -o addr show dev kept0')).toBe('');
    kept.link.close();
    expect(namespace.run('ip link show kept0')).toMatch(/kept0/);
    namespace.run('ip link del kept0');
  });

  it('stops at a route of the host that overlaps, before anything is created', () => {
    const error = errorOf(() => open({ name: 'tap7', hostSide: { address: 0xac100202 | 0, prefixLength: 24 } }));
    expect(error.code).toBe('route-overlap');
    expect(error.message).toMatch(/^the host's route 172\.16\.0\.0\/20 dev wire0 overlaps 172\.16\.2\.0\/24: /);
    expect(error.message).not.toMatch(/\n/);
    expect(() => namespace.run('ip link show tap7')).toThrow();
  });

  it('says what is wrong in one line, and the lines to run', () => {
    open({ name: 'busy0' });
    const errors = {
      busy: errorOf(() => open({ name: 'busy0' })),
      'wrong-kind': errorOf(() => open({ name: 'wire0' })),
      'no-device': errorOf(() => open({ name: 'none0', create: false })),
      'bad-name': errorOf(() => open({ name: 'a/b' })),
    };
    for (const [code, error] of Object.entries(errors)) {
      expect(error.code).toBe(code);
      expect(error.message).toMatch(/^[^\n]+\.$/);
    }
    expect(errors['wrong-kind'].message).toBe('wire0 is no tap.');
    expect(errors['no-device'].remedy[0]).toMatch(/^ip tuntap add dev none0 mode tap user \S+$/);
    expect(errorOf(() => open({ name: 'busy0', kind: 'tun' })).message).toBe('busy0 is a tap device, not a tun.');
    // The names that the kernel would take for a pattern or a folder.
    for (const name of ['', '.', '..', 'tap%d', 'a b', 'x'.repeat(16)]) {
      expect(errorOf(() => open({ name })).code).toBe('bad-name');
    }
  });

  it('needs root to create, and not to attach to a device of the user', () => {
    namespace.run('ip tuntap add dev mine0 mode tap user 65534');
    namespace.run('ip tuntap add dev other0 mode tap user 12345');
    process.seteuid!(65534);
    try {
      const error = errorOf(() => openTapQueue({ name: 'fresh0' }));
      expect([error.code, error.message]).toEqual([
        'no-root',
        'there is no device fresh0, and creating one needs root.',
      ]);
      expect(error.remedy[0]).toMatch(/^ip tuntap add dev fresh0 mode tap user /);
      expect(errorOf(() => openTapQueue({ name: 'other0' })).message).toMatch(/^other0 belongs to another user/);
      links.push(new TapLink(openTapQueue({ name: 'mine0' })));
      expect(links.at(-1)?.offload.checksum).toBe(true);
    } finally {
      process.seteuid!(0);
    }
    expect(errorOf(() => openTapQueue({ name: 'mine0', mtu: 70_000 })).code).toMatch(/busy|refused/);
    for (const name of ['mine0', 'other0']) namespace.run(`ip link del ${name}`);
  });

  it('takes a persistent device as it was made', () => {
    namespace.run('ip tuntap add dev many0 mode tap multi_queue');
    namespace.run('ip tuntap add dev one0 mode tap');
    expect(open({ name: 'many0' }).link.offload.checksum).toBe(true);
    open({ name: 'many0', multiQueue: true });
    const error = errorOf(() => open({ name: 'one0', multiQueue: true }));
    expect([error.code, error.message]).toEqual([
      'wrong-kind',
      'one0 was made with one queue; several were asked for.',
    ]);
    expect(error.remedy).toContainEqual(expect.stringMatching(/^ip tuntap add dev one0 .* multi_queue$/));
  });
});
