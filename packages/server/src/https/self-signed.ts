import { createHash } from 'node:crypto';
import {
  type CredentialFiles,
  loadCredential,
  makeAuthority,
  makeLeaf,
  type PemPair,
} from '@immuable-net/tls/certificates';
import type { Log } from '../logs/log.ts';
import type { StateFolder } from '../resources/state-folder.ts';

/** A leaf is made anew when it has less than this left, milliseconds. */
const RENEW_MS = 30 * 86_400_000;

/**
 * A certificate for `names`, issued by a local authority that may vouch for just these; both are kept in the state
 * folder and made when they are not there or near their end. Says how to trust the authority when it is new.
 */
export async function selfSignedFiles(
  names: readonly string[],
  state: StateFolder,
  log: Log,
): Promise<CredentialFiles> {
  const sorted = [...new Set(names.map((name) => name.toLowerCase()))].sort();
  // An authority is good for its names alone: other names, another authority.
  const id = createHash('sha256').update(sorted.join('\n')).digest('hex').slice(0, 16);
  const now = Date.now();
  let authority = await readPair(state, `authority-${id}`);
  if (authority === undefined || !lasts(authority, now)) {
    authority = await makeAuthority(sorted, now);
    await writePair(state, `authority-${id}`, authority);
    const path = state.path(`authority-${id}.pem`);
    log.info(
      `made a local authority for ${sorted.join(', ')}: curl --cacert ${path} trusts it; for this host's users: ` +
        `sudo cp ${path} /usr/local/share/ca-certificates/immuable-net-${id}.crt && sudo update-ca-certificates`,
    );
    await state.remove(`leaf-${id}.pem`);
  }
  let leaf = await readPair(state, `leaf-${id}`);
  if (leaf === undefined || !lasts(leaf, now)) {
    leaf = await makeLeaf(authority, sorted, now);
    await writePair(state, `leaf-${id}`, leaf);
  }
  return {
    chainPem: leaf.certificatePem,
    keyPem: leaf.keyPem,
    chainName: state.path(`leaf-${id}.pem`),
    keyName: state.path(`leaf-${id}.key`),
  };
}

function lasts(pair: PemPair, now: number): boolean {
  try {
    return loadCredential({ chainPem: pair.certificatePem, keyPem: pair.keyPem }, now).notAfter > now + RENEW_MS;
  } catch {
    // Damaged, expired, not a pair: made anew.
    return false;
  }
}

async function readPair(state: StateFolder, name: string): Promise<PemPair | undefined> {
  const certificatePem = await state.read(`${name}.pem`);
  const keyPem = await state.read(`${name}.key`);
  return certificatePem === undefined || keyPem === undefined ? undefined : { certificatePem, keyPem };
}

async function writePair(state: StateFolder, name: string, pair: PemPair): Promise<void> {
  await state.write(`${name}.key`, pair.keyPem);
  await state.write(`${name}.pem`, pair.certificatePem);
}
