// @peculiar/x509 needs the metadata of decorators before anything of it is evaluated: this import comes first.
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(globalThis.crypto);

export { x509 };
