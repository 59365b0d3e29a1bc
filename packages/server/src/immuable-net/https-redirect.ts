import {
  type HttpRequest,
  type HttpResponse,
  type HttpService,
  ResponseHead,
  statusResponse,
} from '@immuable-net/http';

/** Answers every request in clear by sending it to the same place over HTTPS (308 keeps the method). */
export class HttpsRedirect implements HttpService {
  readonly #port: string;

  /** @param port where HTTPS is served: 443 is left out of the URL */
  constructor(port: number) {
    this.#port = port === 443 ? '' : `:${port}`;
  }

  respond(request: HttpRequest): HttpResponse {
    const host = request.authority.replace(/:\d*$/, '');
    // What is no host cannot be sent anywhere: a client of HTTP/1.0 without Host.
    if (!/^(?:[a-zA-Z0-9._~%-]+|\[[0-9a-fA-F:.]+\])$/.test(host)) return statusResponse(400);
    if (request.target === '*') return statusResponse(404);
    const location = `https://${host}${this.#port}${request.target}`;
    return {
      head: new ResponseHead(308, [
        ['location', location],
        ['content-length', '0'],
      ]),
      body: undefined,
      reusable: false,
    };
  }
}
