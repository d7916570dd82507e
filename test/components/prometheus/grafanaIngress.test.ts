import * as assert from "node:assert/strict";
import { prometheusSettings } from "../../../components/prometheus/settings";
import { grafanaExposure } from "../../../policies/access/grafanaExposure";
import { formatPath } from "../../../policies/shared/path";
import { problems, release } from "../../policies/subjects";
import { valuesFor } from "./valuesFor";

const host = "grafana.example.com";
const certificateArn = "arn:aws:acm:eu-west-1:123456789012:certificate/1234abcd-12ab";

const grafana = (ingress: object): any => valuesFor({ grafana: { ingress } })["grafana"];

function rules(ingress: object): string[] {
  const identity = { cluster: "ticketing-prod", environment: "prod" };
  return (prometheusSettings({ ...identity, grafana: { ingress } }).problems ?? []).map(
    ({ path, rule }) => `${formatPath(path.slice(2))} ${rule}`,
  );
}

describe("the ingress of Grafana", () => {
  describe("of the class alb", () => {
    const annotationsOf = (settings: object) => {
      const { annotations } = grafana({ host, className: "alb", ...settings }).ingress;
      return (name: string): string | undefined => annotations[`alb.ingress.kubernetes.io/${name}`];
    };

    it("is an internal load balancer that redirects to HTTPS", () => {
      const { enabled, ingressClassName, hosts, tls } = grafana({ host, className: "alb" }).ingress;
      assert.deepEqual([enabled, ingressClassName, hosts, tls], [true, "alb", [host], undefined]);
      const annotation = annotationsOf({});
      assert.equal(annotation("scheme"), "internal");
      assert.deepEqual(JSON.parse(annotation("listen-ports") ?? ""), [
        { HTTP: 80 },
        { HTTPS: 443 },
      ]);
      assert.equal(annotation("ssl-redirect"), "443");
      assert.equal(annotation("target-type"), "ip");
    });

    it("uses a path for health checks that answers without a login", () => {
      assert.equal(annotationsOf({})("healthcheck-path"), "/api/health");
    });

    it("finds its certificate by the host, or uses the one of the settings", () => {
      assert.equal(annotationsOf({})("certificate-arn"), undefined);
      assert.equal(annotationsOf({ certificateArn })("certificate-arn"), certificateArn);
    });

    it("is public only if an annotation says so", () => {
      const annotations = { "alb.ingress.kubernetes.io/scheme": "internet-facing" };
      const annotation = annotationsOf({ annotations });
      assert.equal(annotation("scheme"), "internet-facing");
      assert.equal(annotation("ssl-redirect"), "443");
    });
  });

  describe("of another class", () => {
    it("uses the certificate of a Secret", () => {
      const { ingress } = grafana({ host, className: "nginx", tlsSecretName: "wildcard-tls" });
      assert.equal(ingress.ingressClassName, "nginx");
      assert.deepEqual(ingress.tls, [{ secretName: "wildcard-tls", hosts: [host] }]);
      assert.deepEqual(ingress.annotations, {});
    });

    it("has cert-manager create the Secret", () => {
      const issued = { host, className: "traefik", clusterIssuer: "letsencrypt" };
      const { ingress } = grafana(issued);
      assert.deepEqual(ingress.tls, [{ secretName: "grafana-tls", hosts: [host] }]);
      assert.deepEqual(ingress.annotations, { "cert-manager.io/cluster-issuer": "letsencrypt" });
      const named = grafana({ ...issued, tlsSecretName: "own" }).ingress;
      assert.equal(named.tls[0].secretName, "own");
    });
  });

  it("is a route to the TLS listener of a gateway", () => {
    const annotations = { owner: "platform" };
    const { route, ingress } = grafana({ host, gateway: { name: "public" }, annotations });
    assert.equal(ingress, undefined);
    assert.deepEqual(route.main, {
      enabled: true,
      hostnames: [host],
      parentRefs: [{ name: "public", sectionName: "https" }],
      annotations,
    });
    const gateway = { name: "public", namespace: "gateways", listener: "tls" };
    const [parent] = grafana({ host, gateway }).route.main.parentRefs;
    assert.deepEqual(parent, { name: "public", namespace: "gateways", sectionName: "tls" });
  });

  it("sets the URL of Grafana, unless another one is in front of it", () => {
    const ingress = { host, className: "alb" };
    const urlOf = (settings: object): unknown =>
      valuesFor({ grafana: settings })["grafana"]["grafana.ini"].server?.root_url;
    assert.equal(urlOf({ ingress }), "https://grafana.example.com");
    assert.equal(
      urlOf({ ingress, externalUrl: "https://cdn.example.com" }),
      "https://cdn.example.com",
    );
    assert.equal(urlOf({}), undefined);
  });

  it("keeps the session of users off plain HTTP", () => {
    assert.equal(grafana({ host, className: "alb" })["grafana.ini"].security.cookie_secure, true);
    assert.equal(valuesFor()["grafana"]["grafana.ini"].security, undefined);
  });

  it("is accepted by the policies", () => {
    for (const ingress of [
      { host, className: "alb" },
      { host, className: "alb", certificateArn },
      {
        host,
        className: "alb",
        annotations: { "alb.ingress.kubernetes.io/scheme": "internet-facing" },
      },
      { host, className: "nginx", tlsSecretName: "wildcard-tls" },
      { host, className: "nginx", clusterIssuer: "letsencrypt" },
      { host, gateway: { name: "public" } },
    ]) {
      const subject = release("kube-prometheus-stack", valuesFor({ grafana: { ingress } }));
      assert.deepEqual(problems(grafanaExposure, subject), [], JSON.stringify(ingress));
    }
  });

  it("refuses what is not a host name", () => {
    const rule = "host must be a host name in lower case, without https:// and without a path";
    for (const invalid of [
      "https://grafana.example.com",
      "example.com/grafana",
      "grafana",
      "*.example.com",
    ]) {
      assert.deepEqual(rules({ host: invalid, className: "alb" }), [rule], invalid);
    }
    assert.deepEqual(rules({ className: "alb" }), ["host is required"]);
  });

  it("requires a class or a gateway, and a certificate", () => {
    assert.deepEqual(rules({ host }), ["className is required, unless gateway is set"]);
    assert.deepEqual(rules({ host, className: "nginx" }), [
      "tlsSecretName is required, unless clusterIssuer is set",
    ]);
  });

  it("refuses certificates from where the class cannot read them", () => {
    const inCluster = { tlsSecretName: "own", clusterIssuer: "letsencrypt" };
    assert.deepEqual(rules({ host, className: "alb", ...inCluster }), [
      "tlsSecretName does not apply to the class alb, whose certificates are in ACM",
      "clusterIssuer does not apply to the class alb, whose certificates are in ACM",
    ]);
    assert.deepEqual(rules({ host, className: "nginx", tlsSecretName: "own", certificateArn }), [
      "certificateArn only applies to the class alb",
    ]);
    const gateway = { name: "public" };
    assert.deepEqual(rules({ host, gateway, className: "alb", certificateArn }), [
      "className does not apply to a gateway",
      "certificateArn does not apply to a gateway, whose listener has the certificate",
    ]);
  });
});
