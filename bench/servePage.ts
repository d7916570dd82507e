import * as http from "node:http";
import type { AddressInfo } from "node:net";

/** Serves metrics in the text format of Prometheus on the loopback interface. */
export async function servePage(text: () => string) {
  const server = http.createServer((_request, response) => {
    response.setHeader("content-type", "text/plain; version=0.0.4").end(`${text()}\n`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
