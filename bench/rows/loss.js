import { fileURLToPath } from 'node:url';
import { compare, download } from '../clients.js';
import { runAsync, start, stop } from '../processes.js';
import { startNginx, startOurs } from '../servers.js';

const SINK = fileURLToPath(new URL('../sink.js', import.meta.url));
const KERNEL_SINK = fileURLToPath(new URL('../kernel-sink.js', import.meta.url));
const UPLOAD = fileURLToPath(new URL('../upload.js', import.meta.url));
const ALGORITHMS = ['cubic', 'bbr'];

/** Ours sends, the client's kernel receives: what arrives at its device is lost before TCP sees it. */
async function fromUs(bench, percent) {
  const { network, rounds } = bench;
  const { folder, pack } = bench.sites.lossy();
  const path = percent > 1 ? '/8m.bin' : '/64m.bin';
  const ours = startOurs(network, pack, '--offload', 'off');
  const nginx = startNginx(network, folder, bench.folder);
  try {
    await ours.ready(path);
    await nginx.ready(path);
    // One drop is to be one segment: nobody sends or merges more at once.
    network.single(network.server, 'veth-s');
    network.single(network.client, 'veth-c');
    network.lose(network.client, [network.tap, 'veth-c'], percent);
    await compare(ours, path, `${folder}${path}`);
    for (let round = 0; round < rounds; round++) {
      bench.add('immuable-net', (await download(ours, path)).rate);
      for (const algorithm of ALGORITHMS) {
        network.sendBy(network.server, algorithm);
        bench.add(`the kernel (${algorithm})`, (await download(nginx, path)).rate);
      }
    }
  } finally {
    network.restore();
    await ours.stop();
    await nginx.stop();
  }
}

/** The client's kernel sends, ours receives: lost by our fault injector, and on the kernel's device for its peer. */
async function toUs(bench, percent) {
  const { network, rounds } = bench;
  const octets = percent > 1 ? 8e6 : 64e6;
  const node = process.execPath;
  const [sink, sinkArgs] = network.inside(
    network.client,
    node,
    SINK,
    network.tap,
    `${network.ours}/24`,
    '9',
    String(percent / 100),
  );
  const [kernelSink, kernelArgs] = network.inside(network.server, node, KERNEL_SINK, '9');
  const children = [start(sink, sinkArgs), start(kernelSink, kernelArgs)];
  const upload = async (host, count) => {
    const [command, args] = network.inside(network.client, node, UPLOAD, host, '9', String(count));
    return count / Number(await runAsync(command, args)) / 1e6;
  };
  try {
    await upload(network.ours, 1000);
    await upload(network.kernels, 1000);
    for (const device of [network.tap, 'veth-c']) network.single(network.client, device);
    network.single(network.server, 'veth-s');
    network.lose(network.server, ['veth-s'], percent);
    for (let round = 0; round < rounds; round++) {
      for (const algorithm of ALGORITHMS) {
        network.sendBy(network.client, algorithm);
        bench.add(`to immuable-net (${algorithm})`, await upload(network.ours, octets));
        bench.add(`to the kernel (${algorithm})`, await upload(network.kernels, octets));
      }
    }
  } finally {
    network.restore();
    for (const child of children) await stop(child);
  }
}

/** Rows of the group `loss`: each rate, both directions. */
export const lossRows = [0.1, 1, 3, 10].flatMap((percent) => [
  {
    name: `loss-${percent}`,
    group: 'loss',
    title: `${percent} % of segments lost on their way from the server, one download`,
    unit: 'MB/s',
    reference: 'the kernel (cubic)',
    goals: [{ against: 'the kernel (cubic)', atLeast: 0.9 }],
    measure: (bench) => fromUs(bench, percent),
  },
  {
    name: `loss-${percent}-up`,
    group: 'loss',
    title: `${percent} % of segments lost on their way to the server, one upload by the kernel`,
    unit: 'MB/s',
    reference: 'to the kernel (cubic)',
    goals: [{ name: 'to immuable-net (cubic)', against: 'to the kernel (cubic)', atLeast: 0.9 }],
    measure: (bench) => toUs(bench, percent),
  },
]);
