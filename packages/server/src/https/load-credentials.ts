import { createPrivateKey, X509Certificate } from 'node:crypto';
import { type Credential, isPassphraseError, nodeSigner, pemCertificates } from '@immuable-net/tls';
import { ExitStatus } from '../exit-status.ts';
import type { ServeOptions } from '../immuable-net/options.ts';
import type { Log } from '../logs/log.ts';
import { ProgramFailure } from '../program-failure.ts';
import type { Resources } from '../resources/resources.ts';

/** How long before its end a certificate is warned of, milliseconds. */
const WARN_MS = 14 * 86_400_000;

/** Reads every pair of certificate and key that the options name. Rejects with a `ProgramFailure` that says which is wrong, and why. */
export async function loadCredentials(options: ServeOptions, resources: Resources, log: Log): Promise<Credential[]> {
  const credentials: Credential[] = [];
  for (const [i, certificate] of options.tlsCert.entries()) {
    const key = options.tlsKey[i]!;
    const chainText = Buffer.from(await resources.readWhole(certificate, 'the certificate')).toString('latin1');
    const keyText = Buffer.from(await resources.readWhole(key, 'the key')).toString('latin1');
    const ocsp =
      options.ocsp[i] === undefined ? undefined : await resources.readWhole(options.ocsp[i], 'the OCSP response');
    credentials.push(checkedCredential(certificate, chainText, key, keyText, ocsp, log));
  }
  return credentials;
}

function unusable(message: string, cause?: unknown): ProgramFailure {
  return new ProgramFailure(ExitStatus.Certificate, message, { cause });
}

function checkedCredential(
  certificate: string,
  chainText: string,
  key: string,
  keyText: string,
  ocspResponse: Uint8Array | undefined,
  log: Log,
): Credential {
  const chain = pemCertificates(chainText);
  if (chain.length === 0)
    throw unusable(`${certificate} holds no certificate: give a chain in PEM (-----BEGIN CERTIFICATE-----).`);
  const parsed = chain.map((der, i) => {
    try {
      return new X509Certificate(der);
    } catch (error) {
      throw unusable(`certificate ${i + 1} of ${certificate} is damaged.`, error);
    }
  });
  let privateKey: ReturnType<typeof createPrivateKey>;
  try {
    privateKey = createPrivateKey({ key: keyText, format: 'pem' });
  } catch (error) {
    throw isPassphraseError(error)
      ? unusable(
          `the key ${key} is encrypted: take the passphrase off (openssl pkey -in ${key} -out plain.pem).`,
          error,
        )
      : unusable(`${key} holds no private key in PEM that can be read.`, error);
  }
  const leaf = parsed[0]!;
  if (!leaf.checkPrivateKey(privateKey)) {
    const other = parsed.findIndex((each) => each.checkPrivateKey(privateKey));
    throw other > 0
      ? unusable(
          `${certificate} is in the wrong order: its certificate ${other + 1} belongs to ${key} and must come first.`,
        )
      : unusable(`the key ${key} does not match the certificate ${certificate}.`);
  }
  for (let i = 0; i + 1 < parsed.length; i++) {
    if (!parsed[i]!.checkIssued(parsed[i + 1]!)) {
      throw unusable(
        `${certificate} is in the wrong order: its certificate ${i + 2} did not issue certificate ${i + 1}.`,
      );
    }
  }
  const now = Date.now();
  if (Date.parse(leaf.validTo) < now)
    throw unusable(`the certificate ${certificate} expired on ${leaf.validTo}: renew it.`);
  if (Date.parse(leaf.validFrom) > now) {
    throw unusable(`the certificate ${certificate} is not valid before ${leaf.validFrom}: is the clock right?`);
  }
  if (Date.parse(leaf.validTo) < now + WARN_MS)
    log.warning(`the certificate ${certificate} expires on ${leaf.validTo}`);
  return { chain, signer: nodeSigner(keyText), names: namesOf(leaf), ocspResponse };
}

/** DNS names and addresses that a certificate is good for. */
function namesOf(certificate: X509Certificate): string[] {
  const names: string[] = [];
  for (const part of certificate.subjectAltName?.split(', ') ?? []) {
    const match = /^(?:DNS|IP Address):(.+)$/.exec(part);
    if (match !== null) names.push(match[1]!.toLowerCase());
  }
  return names;
}
