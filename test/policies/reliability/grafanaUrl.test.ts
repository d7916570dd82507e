import { PlainMap } from "../../../policies/facts/plain";
import { itJudges, grafana } from "../stacks/subjects";

const host = "grafana.shop.io";
const behind = (ini: PlainMap, ingress: PlainMap = {}, values: PlainMap = {}) => [
  grafana({
    ingress: {
      enabled: true,
      hosts: [host],
      tls: [{ hosts: [host], secretName: "tls" }],
      ...ingress,
    },
    "grafana.ini": ini,
    ...values,
  }),
];
const url = (root_url: string, serve_from_sub_path?: boolean) => ({
  server: { root_url, ...(serve_from_sub_path === undefined ? {} : { serve_from_sub_path }) },
});
const sso = {
  "auth.generic_oauth": {
    enabled: true,
    auth_url: "https://sso.shop.io/auth",
    allowed_groups: "sre",
  },
};
const policy = "grafana-provisioning";

describe("the address of Grafana", () => {
  itJudges(
    {
      "sign-in by OpenID Connect without an address": [policy, behind(sso)],
      "sign-in by Google without an address": [
        policy,
        behind({ "auth.google": { enabled: true, allowed_domains: "shop.io" } }),
      ],
      "a path that Grafana does not know": [policy, behind({}, { path: "/grafana" })],
      "an address without the path of the ingress": [
        policy,
        behind(url(`https://${host}`), { path: "/grafana" }),
      ],
      "the pod itself": [policy, behind(url("http://localhost:3000"))],
      "another host": [policy, behind({ ...sso, ...url("https://grafana.shop.com/") })],
      "an address without TLS": [policy, behind(url(`http://${host}/`))],
    },
    {
      "an address": behind({ ...sso, ...url(`https://${host}/`) }),
      "an address with its path": behind(url(`https://${host}/grafana/`, true), {
        path: "/grafana",
      }),
      "an address with a path that a proxy removes": behind(url(`https://${host}/metrics/`)),
      "a path below the root": behind(url(`https://${host}/grafana/`, true)),
      "no provider": behind({}),
      "a provider without an ingress": behind(sso, { enabled: false }),
      "an address from the environment": behind(
        sso,
        {},
        { env: { GF_SERVER_ROOT_URL: `https://${host}` } },
      ),
      "settings from a Secret": behind(sso, {}, { envFromSecret: "grafana-env" }),
      "variables of Grafana": behind(url("https://%(domain)s/")),
      "any host": behind(url("https://grafana.eu.shop.io/"), {
        hosts: ["*.shop.io"],
        tls: [{ hosts: ["*.shop.io"], secretName: "tls" }],
      }),
      "a pattern as the path": behind(url(`https://${host}/`), { path: "/(.*)" }),
    },
  );
});
