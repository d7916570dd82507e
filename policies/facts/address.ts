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
