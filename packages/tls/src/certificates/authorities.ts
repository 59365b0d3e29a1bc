import type { ClientPolicy } from '../credential.ts';
import { digestText, pemCertificates } from '../node-crypto.ts';
import type { Verdict } from '../server-settings.ts';
import { type Certificate, matchesHost, parseCertificateDer } from './certificate.ts';
import { CertificateError } from './certificate-error.ts';
import { judgePath } from './path.ts';

/** Certificates that are trusted to issue others. */
export class Authorities {
  readonly roots: readonly Certificate[];
  /** Names this set: changes when it does. */
  readonly id: string;

  /** @param pem one or more certificates; throws {@link CertificateError} if there is none, or one that cannot be read */
  constructor(pem: string, where: string = 'the authorities') {
    const ders = pemCertificates(pem);
    if (ders.length === 0) throw new CertificateError('no_certificate', `${where}: there is no PEM certificate in it`);
    this.roots = ders.map((der, index) => {
      const parsed = parseCertificateDer(der);
      if (parsed === undefined) {
        throw new CertificateError('bad_certificate', `${where}: certificate ${index + 1} cannot be read`);
      }
      return parsed;
    });
    this.id = digestText(ders);
  }

  /** A verdict on a client's chain. @param unixMs milliseconds since 1970 */
  judgeClient(chain: readonly Uint8Array[], unixMs: number): Verdict {
    return judgePath(chain, { roots: this.roots, unixMs, purpose: 'client' });
  }

  /** A verdict on a server's chain, its name included; undefined as the name = any. @param unixMs milliseconds since 1970 */
  judgeServer(chain: readonly Uint8Array[], host: string | undefined, unixMs: number): Verdict {
    const path = judgePath(chain, { roots: this.roots, unixMs, purpose: 'server' });
    if (path !== 'good' || host === undefined) return path;
    const leaf = parseCertificateDer(chain[0]!);
    return leaf !== undefined && matchesHost(leaf, host) ? 'good' : 'certificate_name_mismatch';
  }

  /** The policy that asks clients for certificates of these authorities. */
  policy(mode: 'optional' | 'required'): ClientPolicy {
    return { mode, id: `${mode}:${this.id}`, authorities: this.roots.map((root) => root.subjectDer) };
  }
}
