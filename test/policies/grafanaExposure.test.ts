import * as assert from "node:assert/strict";
import { PlainMap, UNKNOWN, at } from "../../policies/facts/plain";
import { grafanaExposure } from "../../policies/grafanaExposure";
import { violationText } from "../../policies/violation";
import { assertSilent, remedied } from "./platformSubjects";
import { judge, problems, release, resource } from "./subjects";

const fromSecret = { admin: { existingSecret: "grafana-admin" } };
const grafana = (values: PlainMap) =>
  release("kube-prometheus-stack", { grafana: { ...fromSecret, ...values } });
const ingress = (values: PlainMap) => grafana({ ingress: { enabled: true, ...values } });

describe("policy grafana-exposure", () => {
  it("accepts a password from a Secret, and references to one", () => {
    for (const values of [
      {},
      { admin: {}, envValueFrom: { GF_SECURITY_ADMIN_PASSWORD: { secretKeyRef: {} } } },
      { "grafana.ini": { security: { admin_password: "$__file{/etc/secrets/password}" } } },
      { env: { GF_SECURITY_ADMIN_PASSWORD: "${PASSWORD}" } },
    ]) {
      assert.deepEqual(problems(grafanaExposure, grafana(values)), []);
    }
  });

  it("refuses a password in the values, and none at all", () => {
    assert.match(problems(grafanaExposure, grafana({ adminPassword: "x" }))[0] ?? "", /stands in/);
    assert.match(problems(grafanaExposure, grafana({ admin: {} }))[0] ?? "", /left to the chart/);
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
    it(`takes ${JSON.stringify(value)} for ${off ? "off" : "on"} as Grafana does`, () => {
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

  it("leaves charts without Grafana and other Ingresses alone", () => {
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

  it("does not decide what is not known yet", () => {
    for (const subject of [
      release("kube-prometheus-stack", UNKNOWN),
      grafana({ admin: { existingSecret: UNKNOWN } }),
      grafana({ "grafana.ini": { "auth.anonymous": { enabled: UNKNOWN } } }),
      ingress({ tls: UNKNOWN }),
    ]) {
      const verdict = judge(grafanaExposure, subject);
      assert.deepEqual(verdict.violations, []);
      assert.ok(verdict.unknown);
    }
  });

  it("says what, where, the bound and what fixes it, and never the password", () => {
    const [violation] = judge(grafanaExposure, grafana({ adminPassword: "hunter2" })).violations;
    assert.ok(violation);
    assert.equal(
      violationText(violation),
      [
        "the admin password of Grafana stands in the values",
        '  where: release "prometheus" (kube-prometheus-stack), values.grafana.adminPassword',
        "  bound: only in a Secret",
        "  fix:   set grafana.admin.existingSecret to a Secret made in the stack, and leave the password out",
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

  it("remediates anonymous access, and nothing that takes another resource", () => {
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
