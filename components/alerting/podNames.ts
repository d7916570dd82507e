/** Kubernetes writes hashes without vowels, so that the pods of `api` are not those of `api-gateway`. */
const hash = "[bcdfghjklmnpqrstvwxz2456789]";

/** A pattern of the names of the pods of some services: of Deployments, DaemonSets and StatefulSets. */
export function podNames(services: string[]): string {
  const [first = ""] = services;
  const names = services.length === 1 ? first : `(${services.join("|")})`;
  return `${names}((-${hash}{1,10})?-${hash}{5}|-[0-9]+)`;
}
