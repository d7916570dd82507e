import { serviceAddress } from "./address";
import { ClusterServer, ServerKind, clusterServers, serviceObject } from "./clusterServices";
import { Plain, isText } from "./plain";
import { Resource } from "./resource";
import { serviceType } from "./types";

/** An address where a component of the stack expects a server. */
export interface Address {
  urn: string;
  where: string;
  kind: ServerKind;
  /** URL, or host and port. */
  text: string;
  /** Namespace of the client. */
  namespace: Plain;
}

/** An address at which no Service answers, with the texts for its violation. */
export interface UnansweredAddress {
  urn: string;
  where: string;
  found: string;
  problem: string;
  bound: string;
  fix: string;
}

/**
 * Finds addresses at which no Service answers. Evaluates only addresses of the stack's own servers:
 * either the Service is among the resources, or its name matches such a server under a different release
 * name, mode or namespace.
 */
export function unansweredAddresses(
  addresses: Address[],
  resources: Resource[],
): UnansweredAddress[] {
  const servers = resources.flatMap(clusterServers);
  const objects = resources.filter(({ type }) => type === serviceType).map(serviceObject);
  const read = addresses.flatMap((address) => {
    const parsed = serviceAddress(address.text);
    const namespace = parsed?.namespace ?? address.namespace;
    return parsed === undefined || !isText(namespace) ? [] : [{ ...address, ...parsed, namespace }];
  });
  const reached = new Set(
    read.flatMap((address) => servers.filter((server) => portsOf(server, address) !== undefined)),
  );
  return read.flatMap((address): UnansweredAddress[] => {
    const { urn, where, kind, service, namespace, port } = address;
    const unanswered = (violation: {
      problem: string;
      bound: string;
      fix: string;
    }): UnansweredAddress[] => [
      { urn, where, found: `${service}.${namespace}:${port}`, ...violation },
    ];
    const object = objects.find((each) => each.name === service && each.namespace === namespace);
    const answering = servers.filter((server) => portsOf(server, address) !== undefined);
    if (object !== undefined || answering.length > 0) {
      const ports = object
        ? object.ports
        : answering.flatMap((server) => portsOf(server, address) ?? []);
      if (ports === undefined || ports.map(Number).includes(port)) return [];
      return unanswered({
        problem: "the Service does not have this port, so nothing answers at the address",
        bound: `port ${ports.join(" or ")}`,
        fix: `use port ${String(ports[0])}`,
      });
    }
    const others = servers.filter((server) => server.kind === kind);
    // The address may belong to a server whose Services are unknown.
    if (others.some(({ known }) => known === undefined)) return [];
    const elsewhere = others.find(
      (server) => server.known?.services.has(service) && !reached.has(server),
    );
    if (elsewhere?.known !== undefined && !isIn(others, namespace)) {
      return unanswered({
        problem: `${elsewhere.what} is in another namespace, so nothing answers at the address`,
        bound: `namespace ${elsewhere.known.namespace}`,
        fix: `use ${service}.${elsewhere.known.namespace}.svc`,
      });
    }
    const [here, another] = others.filter((server) => server.known?.namespace === namespace);
    if (here?.known === undefined || another !== undefined || !here.resembles(service)) return [];
    const names = [...here.known.services.keys()].filter((name) => !/headless$/.test(name));
    return unanswered({
      problem: `${here.what} creates no Service with this name, so nothing answers at the address`,
      bound: names.slice(0, 3).join(", "),
      fix: `use ${names[0]}, port ${String(here.known.services.get(names[0] ?? "")?.[0])}`,
    });
  });
}

function isIn(servers: ClusterServer[], namespace: string): boolean {
  return servers.some(({ known }) => known?.namespace === namespace);
}

function portsOf({ known }: ClusterServer, address: { service: string; namespace: string }) {
  return known?.namespace === address.namespace ? known.services.get(address.service) : undefined;
}
