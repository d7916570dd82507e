import * as assert from "node:assert/strict";
import {
  MonitoredServices,
  MonitoredServicesArgs,
} from "../../../components/services/monitoredServices";
import { RecordedResource, recordProgram, secretPaths, unknownPaths } from "../../support/mocks";

async function recordServices(
  args: Partial<MonitoredServicesArgs> = {},
): Promise<RecordedResource[]> {
  const { resources } = await recordProgram(() => {
    new MonitoredServices("services", {
      namespace: "ticketing",
      services: [{ name: "inventory-service", language: "go" }, { name: "auth-service" }],
      ...args,
    });
  });
  return resources;
}

function ofType(resources: RecordedResource[], type: string): RecordedResource[] {
  return resources.filter((resource) => resource.type.endsWith(type));
}

describe("MonitoredServices", () => {
  it("registers a ServiceMonitor per service, in the namespace of the service", async () => {
    const monitors = ofType(await recordServices(), ":ServiceMonitor");
    assert.deepEqual(
      monitors.map(({ name }) => name),
      ["services-inventory-service", "services-auth-service"],
    );
    for (const { inputs } of monitors) {
      assert.equal(inputs["apiVersion"], "monitoring.coreos.com/v1");
      assert.equal(inputs["metadata"].namespace, "ticketing");
      assert.deepEqual(inputs["spec"].selector, { matchLabels: { app: inputs["metadata"].name } });
    }
  });

  it("registers a PodMonitor for pods without a Service, and the same alerts", async () => {
    const alertsWith = async (kind: "service" | "pods") => {
      const resources = await recordServices({ services: [{ name: "worker", kind }] });
      const names = ["ServiceMonitor", "PodMonitor"].map((type) =>
        ofType(resources, `:${type}`).map(({ name }) => name),
      );
      const expected = [["services-worker"], []];
      assert.deepEqual(names, kind === "service" ? expected : expected.reverse());
      return ofType(resources, ":PrometheusRule").map(({ inputs }) => inputs["spec"]);
    };
    assert.deepEqual(await alertsWith("pods"), await alertsWith("service"));
  });

  it("scrapes no scheduled job, and expects neither targets nor requests of it", async () => {
    const services = [{ name: "report", kind: "job" as const }];
    const resources = await recordServices({ services });
    assert.deepEqual(ofType(resources, "Monitor"), []);
    const [rule] = ofType(resources, ":PrometheusRule");
    const exprOf = (name: string): string =>
      rule?.inputs["spec"].groups
        .flatMap(({ rules }: any) => rules)
        .find(({ alert }: any) => alert === name)?.expr;
    assert.match(exprOf("JobMissing"), /service="report"/);
    assert.match(exprOf("ServiceDown"), /service!="report"/);
    assert.equal(exprOf("MetricsMissing"), undefined);
  });

  it("probes a URL through the exporter, and expects neither targets nor requests of the kind probe", async () => {
    const probe = "https://shop.example.com/health";
    const services = [
      { name: "shop", kind: "probe" as const, probe, scrapeIntervalSeconds: 60 },
      { name: "cart", probe: "http://cart.ticketing/health" },
      { name: "search" },
    ];
    const resources = await recordServices({ services, prober: "exporter:9115" });
    assert.deepEqual(
      ofType(resources, ":ServiceMonitor").map(({ name }) => name),
      ["services-cart", "services-search"],
    );
    const probes = ofType(resources, ":Probe");
    assert.deepEqual(probes.map(({ name }) => name).sort(), [
      "services-cart-probe",
      "services-shop-probe",
    ]);
    const shop = probes.find(({ name }) => name === "services-shop-probe");
    assert.equal(shop?.inputs["metadata"].name, "shop");
    assert.deepEqual(shop.inputs["spec"], {
      interval: "60s",
      prober: { url: "exporter:9115" },
      module: "http_2xx",
      targets: { staticConfig: { static: [probe], labels: { probe: "shop" } } },
    });
    const [rule] = ofType(resources, ":PrometheusRule");
    const exprOf = (name: string): string =>
      rule?.inputs["spec"].groups
        .flatMap(({ rules }: any) => rules)
        .find(({ alert }: any) => alert === name)?.expr;
    assert.match(exprOf("ProbeFailing"), /probe=~"cart\|shop"/);
    assert.match(exprOf("ServiceDown"), /service!="shop"/);
    assert.match(exprOf("MetricsMissing"), /service=~"cart\|search"/);
  });

  it("registers one PrometheusRule, whose alerts have a severity and texts", async () => {
    const [rule, ...others] = ofType(await recordServices(), ":PrometheusRule");
    assert.deepEqual(others, []);
    assert.equal(rule?.inputs["metadata"].name, "ticketing-services");
    assert.equal(rule.inputs["metadata"].namespace, "ticketing");
    const rules = rule.inputs["spec"].groups
      .flatMap((group: any) => group.rules)
      .filter((candidate: any) => candidate.alert !== undefined);
    for (const name of ["HighErrorRate", "HighLatencyP99", "PodCrashLooping", "HighMemory"]) {
      assert.ok(rules.some(({ alert }: any) => alert === name));
    }
    for (const { alert, labels, annotations } of rules) {
      assert.ok(["critical", "warning"].includes(labels.severity), alert);
      assert.ok(annotations.summary && annotations.description, alert);
      assert.equal(annotations.runbook_url, undefined, alert);
    }
  });

  it("applies the thresholds and the URL of the runbooks", async () => {
    const resources = await recordServices({
      alerts: { errorRatePercent: 1, runbookBaseUrl: "https://runbooks.example.com/" },
    });
    const [rule] = ofType(resources, ":PrometheusRule");
    const highErrorRate = rule?.inputs["spec"].groups
      .flatMap(({ rules }: any) => rules)
      .find(({ alert }: any) => alert === "HighErrorRate");
    assert.match(highErrorRate.expr, /> 0\.01\n/);
    assert.equal(
      highErrorRate.annotations.runbook_url,
      "https://runbooks.example.com/HighErrorRate.md",
    );
  });

  it("alerts on a namespace without configured services", async () => {
    const resources = await recordServices({ services: undefined });
    assert.equal(ofType(resources, ":ServiceMonitor").length, 0);
    assert.equal(ofType(resources, ":PrometheusRule").length, 1);
  });

  it("splits rules that exceed the size limit over several objects, and keeps the name of the first", async () => {
    const services = Array.from({ length: 1500 }, (_, index) => ({
      name: `service-${index}`,
      alerts: { errorRatePercent: (index + 1) / 400, p99LatencyMs: index + 1 },
    }));
    const rules = ofType(await recordServices({ services }), ":PrometheusRule");
    assert.ok(rules.length > 1);
    for (let number = 1; number <= rules.length; number += 1) {
      const suffix = number === 1 ? "" : `-${number}`;
      const rule = rules.find(({ name }) => name === `services-rules${suffix}`);
      assert.equal(rule?.inputs["metadata"].name, `ticketing-services${suffix}`);
      assert.ok(JSON.stringify(rule.inputs).length < 1024 * 1024);
    }
  });

  it("has inputs that are known completely in a first preview", async () => {
    const resources = await recordServices();
    for (const resource of resources) {
      assert.deepEqual(unknownPaths(resource), [], resource.name);
      assert.deepEqual(secretPaths(resource), [], resource.name);
    }
    const [component] = ofType(resources, ":MonitoredServices");
    assert.equal(component?.inputs["alerts"].errorRatePercent, 5);
    assert.equal(component.inputs["services"][1].language, "other");
  });

  it("registers all resources under one parent, with the caller's labels", async () => {
    const resources = await recordServices({ labels: { team: "sre" } });
    const [component] = ofType(resources, ":MonitoredServices");
    for (const resource of resources) {
      if (resource === component) continue;
      assert.equal(resource.parent, component?.urn, resource.name);
      assert.equal(resource.inputs["metadata"].labels.team, "sre");
    }
  });

  it("returns the name of the rule", async () => {
    const [component] = ofType(await recordServices(), ":MonitoredServices");
    assert.deepEqual(component?.outputs, { ruleName: "ticketing-services" });
  });

  it("registers nothing and lists every problem if its arguments are invalid", async () => {
    await assert.rejects(
      recordServices({
        services: [{ name: "a" }, { name: "a" }, { name: "B" }],
        alerts: { cpuPercent: -1 },
      }),
      (error: Error) => {
        assert.match(error.message, /^MonitoredServices "services": 3 problems/);
        for (const field of ["services[1].name", "services[2].name", "alerts.cpuPercent"]) {
          assert.ok(error.message.includes(`\n  ${field} `), field);
        }
        return true;
      },
    );
  });
});
