import * as assert from "node:assert/strict";
import { PlainMap } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import { grafanaExposure } from "../../../policies/access/grafanaExposure";
import { problems, release, resource } from "../subjects";

const grafana = { admin: { existingSecret: "grafana-admin" } };
const stack = (values: PlainMap): Resource =>
  release("kube-prometheus-stack", { grafana, ...values });
const ini = (sections: PlainMap): Resource =>
  stack({ grafana: { ...grafana, "grafana.ini": sections } });
const object = (type: string, spec: PlainMap, metadata: PlainMap = {}): Resource =>
  resource(`kubernetes:${type}`, "exposed", { metadata: { name: "exposed", ...metadata }, spec });
const ingress = (service: string, annotations: PlainMap = {}, spec: PlainMap = {}): Resource =>
  object(
    "networking.k8s.io/v1:Ingress",
    {
      rules: [
        { host: "x.shop.io", http: { paths: [{ backend: { service: { name: service } } }] } },
      ],
      tls: [{ secretName: "tls", hosts: ["x.shop.io"] }],
      ...spec,
    },
    { annotations },
  );
const service = (app: string, spec: PlainMap, annotations: PlainMap = {}): Resource =>
  object("core/v1:Service", { selector: { app }, ...spec }, { annotations });
const route = (name: string, rule: PlainMap = {}, sectionName = "https"): Resource =>
  object("gateway.networking.k8s.io/v1:HTTPRoute", {
    parentRefs: [{ name: "public", sectionName }],
    rules: [{ backendRefs: [{ name, port: 9090 }], ...rule }],
  });
const container = (container: PlainMap): Resource =>
  object("apps/v1:StatefulSet", {
    template: { spec: { containers: [{ name: "x", ...container }] } },
  });
const authUrl = { "nginx.ingress.kubernetes.io/auth-url": "https://login.shop.io/auth" };
const tlsIngress = { enabled: true, hosts: ["x.shop.io"], tls: [{ hosts: ["x.shop.io"] }] };

const exposed: Record<string, [problem: RegExp, subject: Resource]> = {
  "Grafana behind nginx, without a redirect to TLS": [
    /also serves plain HTTP/,
    stack({
      grafana: {
        ...grafana,
        ingress: {
          ...tlsIngress,
          annotations: { "nginx.ingress.kubernetes.io/ssl-redirect": "false" },
        },
      },
    }),
  ],
  "Prometheus by the ingress of the chart": [
    /^Prometheus has no login/,
    stack({ prometheus: { ingress: tlsIngress } }),
  ],
  "Alertmanager by the ingress of the chart": [
    /^Alertmanager has no login/,
    stack({ alertmanager: { ingress: tlsIngress } }),
  ],
  "Prometheus by the ingress of another chart": [
    /^Prometheus has no login/,
    release("prometheus", { server: { ingress: tlsIngress } }),
  ],
  "Loki by the ingress of its gateway": [
    /^Loki has no login/,
    release("loki", { gateway: { ingress: tlsIngress } }),
  ],
  "Prometheus by an Ingress": [/^Prometheus has no login/, ingress("prometheus-operated")],
  "Prometheus with a login, but without TLS": [
    /has no TLS$/,
    ingress("prometheus-operated", authUrl, { tls: [] }),
  ],
  "Alertmanager by a load balancer": [
    /^Alertmanager has no login/,
    stack({ alertmanager: { service: { type: "LoadBalancer" } } }),
  ],
  "Prometheus by a node port": [
    /^Prometheus has no login/,
    stack({ prometheus: { service: { type: "NodePort", nodePort: 30090 } } }),
  ],
  "Loki by a Service": [/^Loki has no login/, service("loki", { type: "LoadBalancer" })],
  "Prometheus by a route without TLS": [/without TLS$/, route("prometheus-operated", {}, "http")],
  "Prometheus by a route of Traefik": [
    /^Prometheus has no login/,
    object("traefik.io/v1alpha1:IngressRoute", {
      entryPoints: ["websecure"],
      routes: [{ services: [{ name: "prometheus" }] }],
    }),
  ],
  "Alertmanager by a route of OpenShift": [
    /^Alertmanager has no login/,
    object("route.openshift.io/v1:Route", {
      to: { name: "alertmanager-main" },
      tls: { termination: "edge" },
    }),
  ],
  "the admin API of the chart": [
    /admin API/,
    stack({ prometheus: { prometheusSpec: { enableAdminAPI: true } } }),
  ],
  "the admin API as a flag of the chart": [
    /admin API/,
    release("prometheus", {
      server: { extraFlags: ["web.enable-lifecycle", "web.enable-admin-api"] },
    }),
  ],
  "the admin API as an argument": [
    /admin API/,
    container({ args: ["--config.file=x", "--web.enable-admin-api"] }),
  ],
  "any account of Google": [
    /anyone with an account/,
    ini({ "auth.google": { enabled: true, client_id: "x" } }),
  ],
  "any account of GitHub, by variables": [
    /anyone with an account/,
    container({ env: [{ name: "GF_AUTH_GITHUB_ENABLED", value: "true" }] }),
  ],
  "any account of Microsoft": [
    /anyone with an account/,
    ini({
      "auth.azuread": {
        enabled: true,
        auth_url: "https://login.microsoftonline.com/common/oauth2/v2.0/authorize",
      },
    }),
  ],
  "any account that registers": [/anyone can create/, ini({ users: { allow_sign_up: true } })],
  "a header from any client": [
    /in a header/,
    ini({ "auth.proxy": { enabled: true, header_name: "X-WEBAUTH-USER" } }),
  ],
  "a header from any client, in a ConfigMap": [
    /in a header/,
    resource("kubernetes:core/v1:ConfigMap", "grafana", {
      data: { "grafana.ini": "[auth.proxy]\nenabled = true\n" },
    }),
  ],
  "anonymous access by a variable of a workload": [
    /anonymous/,
    container({ env: [{ name: "GF_AUTH_ANONYMOUS_ENABLED", value: "true" }] }),
  ],
};

const sound: Record<string, Resource> = {
  "Grafana behind nginx, with a forced redirect to TLS": stack({
    grafana: {
      ...grafana,
      ingress: {
        ...tlsIngress,
        annotations: {
          "nginx.ingress.kubernetes.io/ssl-redirect": "false",
          "nginx.ingress.kubernetes.io/force-ssl-redirect": "true",
        },
      },
    },
  }),
  "Prometheus behind a proxy with a login": ingress("prometheus-oauth2-proxy"),
  "Prometheus behind the login of the ingress": ingress("prometheus-operated", authUrl),
  "Prometheus behind basic authentication": stack({
    prometheus: {
      ingress: {
        ...tlsIngress,
        annotations: { "nginx.ingress.kubernetes.io/auth-secret": "basic-auth" },
      },
    },
  }),
  "Prometheus in a private network": stack({
    prometheus: {
      ingress: {
        enabled: true,
        ingressClassName: "nginx-internal",
        hosts: ["prometheus.shop.internal"],
      },
    },
  }),
  "Alertmanager behind an internal load balancer": stack({
    alertmanager: {
      service: {
        type: "LoadBalancer",
        annotations: { "service.beta.kubernetes.io/aws-load-balancer-scheme": "internal" },
      },
    },
  }),
  "Alertmanager for known addresses": service("alertmanager", {
    type: "LoadBalancer",
    loadBalancerSourceRanges: ["10.0.0.0/8"],
  }),
  "Loki behind basic authentication": release("loki", {
    gateway: { basicAuth: { enabled: true }, ingress: tlsIngress },
  }),
  "an exporter": ingress("prometheus-blackbox-exporter"),
  "the Pushgateway": service("prometheus-pushgateway", { type: "NodePort" }),
  "a route with a filter": route("prometheus-operated", { filters: [{ type: "ExtensionRef" }] }),
  "a route whose gateway may authenticate": route("prometheus-operated"),
  "a route of Traefik with a middleware": object("traefik.io/v1alpha1:IngressRoute", {
    entryPoints: ["websecure"],
    routes: [{ services: [{ name: "prometheus" }], middlewares: [{ name: "login" }] }],
  }),
  "the OAuth proxy of OpenShift": object("route.openshift.io/v1:Route", {
    to: { name: "prometheus-k8s" },
    tls: { termination: "reencrypt" },
  }),
  "the lifecycle API, which the chart enables": release("prometheus", {
    server: { extraFlags: ["web.enable-lifecycle"] },
  }),
  "the domain of a company at Google": ini({
    "auth.google": { enabled: true, allowed_domains: "shop.io" },
  }),
  "an organization at GitHub": ini({
    "auth.github": { enabled: true, allowed_organizations: ["shop"] },
  }),
  "accounts of GitHub that were invited": ini({
    "auth.github": { enabled: true, allow_sign_up: false },
  }),
  "a tenant of Microsoft": ini({
    "auth.azuread": {
      enabled: true,
      auth_url: "https://login.microsoftonline.com/5f8c0d7e-0000/oauth2/v2.0/authorize",
    },
  }),
  "an identity provider of its own": ini({
    "auth.generic_oauth": { enabled: true, auth_url: "https://keycloak.shop.io/auth" },
  }),
  "a GitLab of its own": ini({
    "auth.gitlab": { enabled: true, auth_url: "https://gitlab.shop.io/oauth/authorize" },
  }),
  "a header from the proxy": ini({ "auth.proxy": { enabled: true, whitelist: "10.0.1.5" } }),
};

describe("user interfaces outside the cluster", () => {
  for (const [name, [problem, subject]] of Object.entries(exposed)) {
    it(`are mistakes: ${name}`, () =>
      assert.match(problems(grafanaExposure, subject).join(), problem));
  }

  for (const [name, subject] of Object.entries(sound)) {
    it(`are sound: ${name}`, () => assert.deepEqual(problems(grafanaExposure, subject), []));
  }
});
