/** RFC 8446 §4 and RFC 8879 §3: types of handshake messages. */
export const HandshakeType = {
  ClientHello: 1,
  ServerHello: 2,
  NewSessionTicket: 4,
  EndOfEarlyData: 5,
  EncryptedExtensions: 8,
  Certificate: 11,
  CertificateRequest: 13,
  CertificateVerify: 15,
  Finished: 20,
  KeyUpdate: 24,
  CompressedCertificate: 25,
  MessageHash: 254,
} as const;
