export { AlertDescription, alertName } from './alert.ts';
export { NamedGroup } from './named-group.ts';
export { nodeCryptography, nodeSigner, pemCertificates } from './node-crypto.ts';
export { TlsServerSettings } from './server-settings.ts';
export { makeTlsResources } from './tls-resources.ts';
export { TlsServer } from './tls-server.ts';
