import type { Credential } from '@immuable-net/tls';
import { CertificateError, loadCredential } from '@immuable-net/tls/certificates';
import { ExitStatus } from '../exit-status.ts';
import type { ServeOptions } from '../immuable-net/options.ts';
import type { Log } from '../logs/log.ts';
import { ProgramFailure } from '../program-failure.ts';
import type { Resources } from '../resources/resources.ts';
import { selfSignedFiles } from './self-signed.ts';

/** How long before its end a certificate is warned of, milliseconds. */
const WARN_MS = 14 * 86_400_000;

/** Reads every pair of certificate and key that the options name. Rejects with a `ProgramFailure` that says which is wrong, and why. */
export async function loadCredentials(options: ServeOptions, resources: Resources, log: Log): Promise<Credential[]> {
  const credentials: Credential[] = [];
  for (const [i, chainName] of options.tlsCert.entries()) {
    const keyName = options.tlsKey[i]!;
    const ocsp = options.ocsp[i];
    const files = {
      chainName,
      keyName,
      chainPem: await readText(resources, chainName, 'the certificate'),
      keyPem: await readText(resources, keyName, 'the key'),
      ocspResponse: ocsp === undefined ? undefined : await resources.readWhole(ocsp, 'the OCSP response'),
    };
    const credential = orFailure(() => loadCredential(files, Date.now()));
    if (credential.notAfter < Date.now() + WARN_MS) {
      log.warning(
        `the certificate ${chainName} expires on ${new Date(credential.notAfter).toISOString().slice(0, 10)}`,
      );
    }
    credentials.push(credential);
  }
  if (options.tlsSelfSigned.length > 0) {
    const files = await selfSignedFiles(options.tlsSelfSigned, await resources.openState(), log);
    credentials.push(orFailure(() => loadCredential(files, Date.now())));
  }
  return credentials;
}

/** A file of text, each character an octet. */
export async function readText(resources: Resources, path: string, what: string): Promise<string> {
  return Buffer.from(await resources.readWhole(path, what)).toString('latin1');
}

/** What `make` makes; a certificate or key that cannot be used as a `ProgramFailure`. */
export function orFailure<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    throw new ProgramFailure(ExitStatus.Certificate, `${error.message}.`, { cause: error });
  }
}
