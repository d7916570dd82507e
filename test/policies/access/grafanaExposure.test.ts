import * as assert from "node:assert/strict";
import { PlainMap, UNKNOWN, at } from "../../../policies/facts/plain";
import { grafanaExposure } from "../../../policies/access/grafanaExposure";
import { violationText } from "../../../policies/engine/violation";
import { assertSilent, remedied } from "../platformSubjects";
import { judge, problems, release, resource } from "../subjects";

const fromSecret = { admin: { existingSecret: "grafana-admin" } };
const grafana = (values: PlainMap) =>
  release("kube-prometheus-stack", { grafana: { ...fromSecret, ...values } });
const ingress = (values: PlainMap) => grafana({ ingress: { enabled: true, ...values } });

describe("policy grafana-exposure", () => {
  it("accepts a password from a Secret, and references to a Secret", () => {
    for (const values of [
      {},
      { admin: {}, envValueFrom: { GF_SECURITY_ADMIN_PASSWORD: { secretKeyRef: {} } } },
      { "grafana.ini": { security: { admin_password: "$__file{/etc/secrets/password}" } } },
      { env: { GF_SECURITY_ADMIN_PASSWORD: "${PASSWORD}" } },
    ]) {
      assert.deepEqual(problems(grafanaExposure, grafana(values)), []);
    }
  });

  it("refuses a password in the values, and a missing one", () => {
    assert.match(
      problems(grafanaExposure, grafana({ adminPassword: "x" }))[0] ?? "",
      /is in the chart values/,
    );
    assert.match(
      problems(grafanaExposure, grafana({ admin: {} }))[0] ?? "",
      /the chart's default admin password/,
    );
  });

  for (const [chart, version] of [
    ["kube-prometheus-stack", "79.0.0"],
    ["kube-prometheus-stack", undefined],
    ["grafana", "8.5.1"],
  ] as const) {
    it(`accepts the password that ${chart} ${version ?? "(newest)"} generates`, () => {
      const { props, ...rest } = release(chart, { grafana: {} });
      const subject = { ...rest, props: { ...(props as PlainMap), version } };
      assert.deepEqual(problems(grafanaExposure, subject), []);
    });
  }

  it("refuses the default password of kube-prometheus-stack before version 79", () => {
    const { props, ...rest } = release("kube-prometheus-stack", {});
    const subject = { ...rest, props: { ...(props as PlainMap), version: "78.5.0" } };
    assert.equal(problems(grafanaExposure, subject).length, 1);
  });

  for (const [value, off] of [
    [false, true],
    ["false", true],
    [0, true],
    ["off", true],
    ["", true],
    [true, false],
    ["TRUE", false],
    ["1", false],
    [" yes ", false],
    ["on", false],
  ] as const) {
    it(`reads ${JSON.stringify(value)} as ${off ? "disabled" : "enabled"}, as Grafana does`, () => {
      const ini = { "grafana.ini": { "auth.anonymous": { enabled: value } } };
      assert.equal(problems(grafanaExposure, grafana(ini)).length, off ? 0 : 1);
    });
  }

  it("accepts an ingress with TLS for its hosts, or with a certificate of the load balancer", () => {
    for (const values of [
      { enabled: false, hosts: ["a.example.com"] },
      { hosts: ["a.example.com"], tls: [{ secretName: "t", hosts: ["a.example.com"] }] },
      { hosts: ["a.example.com"], tls: [{ secretName: "t", hosts: ["*.example.com"] }] },
      { tls: [{ secretName: "t" }] },
      { annotations: { "alb.ingress.kubernetes.io/certificate-arn": "arn:aws:acm:a:1:b" } },
    ]) {
      assert.deepEqual(problems(grafanaExposure, ingress(values)), []);
    }
    const hosts = ["a.example.com", "b.example.org"];
    const tls = [{ secretName: "t", hosts: ["a.example.com"] }];
    assert.match(problems(grafanaExposure, ingress({ hosts, tls }))[0] ?? "", /without TLS/);
  });

  const gateway = (
    parent: PlainMap,
    rules: PlainMap[] = [{ backendRefs: [{ name: "prometheus-grafana" }] }],
  ) =>
    resource("kubernetes:gateway.networking.k8s.io/v1:HTTPRoute", "grafana", {
      spec: { parentRefs: [parent], rules },
    });
  const chartRoute = (main: PlainMap) => grafana({ route: { main: { enabled: true, ...main } } });

  for (const [parent, expected] of [
    [{ name: "public", sectionName: "https" }, undefined],
    [{ name: "public", sectionName: "grafana" }, undefined],
    [{ name: "public", port: 443 }, undefined],
    [{ name: "public", sectionName: "web", port: 443 }, undefined],
    [{ name: "public", sectionName: "http" }, "without TLS"],
    [{ name: "public", sectionName: "web-80" }, "without TLS"],
    [{ name: "public", port: 80 }, "without TLS"],
    [{ name: "public" }, "every listener"],
    [{ name: "mesh", kind: "Service" }, undefined],
  ] as const) {
    it(`${expected === undefined ? "accepts" : "refuses"} the listener ${JSON.stringify(parent)}`, () => {
      for (const subject of [gateway(parent), chartRoute({ parentRefs: [parent] })]) {
        const found = problems(grafanaExposure, subject);
        assert.equal(found.length, expected === undefined ? 0 : 1);
        assert.ok(found.every((problem) => problem.includes(expected ?? "")));
      }
    });
  }

  it("accepts routes that redirect, route to another service, or are disabled", () => {
    const open = { name: "public" };
    for (const subject of [
      gateway(open, [{ filters: [{ type: "RequestRedirect" }] }]),
      gateway(open, [{ backendRefs: [{ name: "shop" }] }]),
      chartRoute({ parentRefs: [open], httpsRedirect: true }),
      chartRoute({ parentRefs: [open], enabled: false }),
      chartRoute({ parentRefs: [open], kind: "TLSRoute" }),
      chartRoute({}),
    ]) {
      assert.deepEqual(problems(grafanaExposure, subject), []);
    }
  });

  it("judges routes of other gateways, old Ingresses and separate Services", () => {
    const to = { name: "prometheus-grafana" };
    const traefik = (spec: PlainMap) =>
      resource("kubernetes:traefik.io/v1alpha1:IngressRoute", "g", {
        spec: { routes: [{ services: [to] }], ...spec },
      });
    const openShift = (spec: PlainMap) =>
      resource("kubernetes:route.openshift.io/v1:Route", "g", { spec: { to, ...spec } });
    const old = (spec: PlainMap) =>
      resource("kubernetes:extensions/v1beta1:Ingress", "g", {
        spec: { backend: { serviceName: to.name }, ...spec },
      });
    const service = (spec: PlainMap, name = "grafana") =>
      resource("kubernetes:core/v1:Service", "g", {
        spec: { selector: { "app.kubernetes.io/name": name }, ...spec },
      });
    for (const bad of [
      traefik({}),
      traefik({ entryPoints: ["web", "websecure"] }),
      openShift({}),
      old({}),
      service({ type: "LoadBalancer" }),
      service({ type: "NodePort" }),
    ]) {
      assert.equal(problems(grafanaExposure, bad).length, 1, JSON.stringify(bad));
    }
    for (const good of [
      traefik({ tls: {} }),
      traefik({ entryPoints: ["websecure"] }),
      openShift({ tls: { termination: "edge" } }),
      old({ tls: [{ secretName: "t" }] }),
      service({}),
      service({ type: "LoadBalancer" }, "shop"),
    ]) {
      assert.deepEqual(problems(grafanaExposure, good), []);
    }
  });

  it("skips charts without Grafana and other Ingresses", () => {
    for (const subject of [
      release("loki", {}),
      release("loki-stack", {}),
      release("kube-prometheus-stack", { grafana: { enabled: false, adminPassword: "x" } }),
      resource("kubernetes:networking.k8s.io/v1:Ingress", "i", {
        spec: { rules: [{ host: "a" }] },
      }),
      resource("kubernetes:core/v1:Secret", "s", { data: { key: "AAAA" } }),
    ]) {
      assert.deepEqual(problems(grafanaExposure, subject), []);
    }
  });

  it("reports unknown values instead of violations", () => {
    for (const subject of [
      release("kube-prometheus-stack", UNKNOWN),
      grafana({ admin: { existingSecret: UNKNOWN } }),
      grafana({ "grafana.ini": { "auth.anonymous": { enabled: UNKNOWN } } }),
      ingress({ tls: UNKNOWN }),
      gateway({ name: "public", sectionName: UNKNOWN }),
      chartRoute({ parentRefs: UNKNOWN }),
      grafana({ route: { main: { enabled: UNKNOWN } } }),
    ]) {
      const verdict = judge(grafanaExposure, subject);
      assert.deepEqual(verdict.violations, []);
      assert.ok(verdict.unknown);
    }
  });

  it("names the problem, the place, the bound and the fix, and never the password", () => {
    const [violation] = judge(grafanaExposure, grafana({ adminPassword: "hunter2" })).violations;
    assert.ok(violation);
    assert.equal(
      violationText(violation),
      [
        "Grafana's admin password is in the chart values",
        '  where: release "prometheus" (kube-prometheus-stack), values.grafana.adminPassword',
        "  bound: only in a Secret",
        "  fix:   set grafana.admin.existingSecret to a Secret in the stack, and remove the password from the values",
      ].join("\n"),
    );
    assertSilent(grafanaExposure, (secret) =>
      grafana({
        adminPassword: secret,
        env: { GF_SECURITY_ADMIN_PASSWORD: secret },
        ingress: { enabled: true, hosts: [secret] },
      }),
    );
  });

  it("remediates anonymous access, but nothing that requires another resource", () => {
    const open = grafana({
      "grafana.ini": { "auth.anonymous": { enabled: "true" } },
      env: { GF_AUTH_ANONYMOUS_ENABLED: "true" },
    });
    const values = at(remedied(grafanaExposure, open), "values", "grafana");
    assert.equal(at(values, "grafana.ini", "auth.anonymous", "enabled"), false);
    assert.equal(at(values, "env", "GF_AUTH_ANONYMOUS_ENABLED"), "false");
    assert.equal(remedied(grafanaExposure, grafana({})), undefined);
    assert.equal(remedied(grafanaExposure, grafana({ adminPassword: "x" })), undefined);
  });
});
