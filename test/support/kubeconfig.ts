import { stringify } from "yaml";

/** The text of a kubeconfig with one context, whose user has a token. */
export function kubeconfigOf(
  name: string,
  cluster: { server: string } & Record<string, unknown>,
  token: string,
): string {
  return stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": name,
    clusters: [{ name, cluster }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    users: [{ name, user: { token } }],
  });
}
