import { StackFinding, located } from "../engine/policy";
import { Grafana } from "../facts/dataSources";
import { isConfiguredElsewhere, isEnabled, settingsInValues } from "../facts/grafanaSettings";
import { Path, Plain, at, formatPath, hasUnknown, isText, listAt, textAt } from "../facts/plain";
import { isLoopback } from "../facts/address";

/**
 * Settings that enable identity providers. Grafana sends them its own address, and they redirect the
 * user back to it.
 */
const provider =
  /^AUTH_(GOOGLE|GITHUB|GITLAB|AZUREAD|OKTA|GENERIC_OAUTH|GRAFANA_COM|SAML)_ENABLED$/;

/** Checks that Grafana is configured with the address at which its ingress exposes it. */
export function checkUrl({ resource, base, values }: Grafana): StackFinding[] {
  const ingress = at(values, "ingress");
  if (at(ingress, "enabled") !== true || hasUnknown(ingress)) return [];
  const settings = settingsInValues(resource, base);
  const [url] = settings.filter(({ id }) => id === "SERVER_ROOT_URL").map(({ value }) => value);
  const mistake = isText(url)
    ? wrongUrl(url, ingress)
    : url === undefined && !isConfiguredElsewhere(values)
      ? missingUrl(
          ingress,
          settings.some(({ id, value }) => provider.test(id) && isEnabled(value)),
        )
      : undefined;
  if (mistake === undefined) return [];
  const path: Path = [...base, "grafana.ini", "server", "root_url"];
  return [
    {
      ...located(resource, path),
      bound: "the URL of the ingress",
      fix: `set ${formatPath(path)}: https://${textAt(ingress, "hosts", 0) ?? "<host>"}${subPath(ingress)}`,
      ...mistake,
    },
  ];
}

/** Returns the ingress's path on its host; empty for the root or a pattern. */
function subPath(ingress: Plain): string {
  const path = textAt(ingress, "path") ?? "/";
  return /^\/[\w/-]+$/.test(path) ? path : "";
}

function missingUrl(ingress: Plain, hasProvider: boolean) {
  if (hasProvider) {
    return {
      problem:
        "the provider redirects users to port 3000, because Grafana does not know its own URL",
    };
  }
  return subPath(ingress) === ""
    ? undefined
    : {
        problem: "Grafana is served under a path that it does not know, so its pages do not load",
        fix: `set grafana.ini: {server: {root_url: "https://<host>${subPath(ingress)}", serve_from_sub_path: true}}`,
      };
}

function wrongUrl(url: string, ingress: Plain) {
  const [, scheme = "", host = "", path = ""] =
    /^(https?):\/\/([^/:]+)(?::\d+)?(\/.*)?$/.exec(url) ?? [];
  if (host === "" || /[%{$]/.test(url)) return undefined;
  const hosts = listAt(ingress, "hosts").filter(isText);
  const evidence = { found: url };
  if (isLoopback(host)) {
    return {
      problem: "Grafana's URL points to its own pod, so sign-in and links fail",
      ...evidence,
    };
  }
  if (
    hosts.length > 0 &&
    !hosts.includes(host) &&
    hosts.every((each) => !each.includes("*") && !each.includes("{"))
  ) {
    return { problem: "the host in Grafana's URL is not a host of its ingress", ...evidence };
  }
  if (scheme === "http" && listAt(ingress, "tls").length > 0) {
    return {
      problem: "Grafana's URL uses http, but its ingress has TLS",
      ...evidence,
    };
  }
  const below = subPath(ingress).replace(/\/$/, "");
  // An ingress for the root also serves all other paths.
  if (below !== "" && path.replace(/\/$/, "") !== below) {
    return {
      problem: "the path in Grafana's URL differs from the path in its ingress",
      ...evidence,
    };
  }
  return undefined;
}
