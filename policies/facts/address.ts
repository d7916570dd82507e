/** The address of a Service in the cluster. */
export interface ServiceAddress {
  service: string;
  /** Undefined for a Service in the namespace of the client. */
  namespace: string | undefined;
  port: number;
}

const form =
  /^(?:(\w+):\/\/)?(?:[^@/\s]*@)?([a-z0-9-]+)(?:\.([a-z0-9-]+)(\.svc(?:\.[a-z0-9.-]*)?)?)?(?::(\d+))?(?:[/?#]|$)/i;

/**
 * Top-level domains and similar suffixes, which are not namespaces: `loki.internal` is outside the
 * cluster.
 */
const domains =
  /^(?:[a-z]{2}|com|net|org|dev|cloud|app|internal|local|localdomain|lan|corp|home|private|intranet|test|example|\d+)$/i;

/** Parses a URL or an address; undefined if its host is not a Service in the cluster. */
export function serviceAddress(text: string): ServiceAddress | undefined {
  const [, scheme = "http", service, namespace, suffix, port] = form.exec(text) ?? [];
  if (service === undefined || service === "localhost" || /^\d+$/.test(service)) return undefined;
  if (namespace !== undefined && suffix === undefined && domains.test(namespace)) return undefined;
  return { service, namespace, port: Number(port ?? (scheme === "https" ? 443 : 80)) };
}

/** Returns the host of a URL or an address, in lower case. An IPv6 address keeps its brackets. */
export function hostOf(address: string): string {
  const form = /^(?:\w+:\/\/)?(?:[^@/\s]*@)?(\[[^\]]*\]|[^/:?#\s]*)/;
  return form.exec(address.trim())?.[1]?.toLowerCase() ?? "";
}

/** Whether an address points to the sender's own pod. */
export function isLoopback(address: string): boolean {
  return /^(?:(?:.*\.)?localhost|127\.[\d.]+|\[::1\])$/.test(hostOf(address));
}

/**
 * Whether an address is in the cluster or in a private network. A name with at most one dot may be a
 * Service, with or without its namespace.
 */
export function isPrivateHost(address: string): boolean {
  const host = hostOf(address);
  return (
    !/\..*\./.test(host) ||
    /^(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.[\d.]+$/.test(host) ||
    /\.(?:svc|local|internal|lan|corp|home)$/.test(host)
  );
}

/** Whether a text contains an address in a domain that is reserved for examples. */
export function hasExampleHost(text: string): boolean {
  return /(?:^|[/.@])example\.(?:com|org|net)(?![\w.-])/.test(text);
}

/** Whether a remote-write URL lacks the path of the API, without which the storage rejects samples. */
export function lacksPath(url: string): boolean {
  return /^https?:\/\/[^/?]+\/?$/.test(url);
}
