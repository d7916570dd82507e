import * as assert from "node:assert/strict";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  DatadogAgent,
  GrafanaDashboards,
  LokiStack,
  MonitoredServices,
  PrometheusStack,
  SlackAlerting,
  WorkloadKind,
} from "../../components";
import { RecordedResource, failedDeployment, recordProgram } from "../support/mocks";

const identity = { cluster: "shop", environment: "prod" };
const logs = { ...identity, bucket: "shop-logs", region: "eu-west-1" };
const slack = { channel: "#alerts", existingSecret: "slack" };
const agent = { ...identity, existingSecret: "datadog" };
const services = [{ name: "cart" }];

/** Kind, namespace and name of each object, and name of each release and each AWS resource. */
function objects(resources: RecordedResource[]): string[] {
  return resources
    .filter(({ type, custom }) => custom && !type.startsWith("pulumi:"))
    .map(({ type, inputs, options }) => {
      const { namespace = "", name = inputs["name"] ?? inputs["bucket"] } =
        inputs["metadata"] ?? {};
      return [options.provider, type, namespace || inputs["namespace"], name].join(" ");
    });
}

async function names(program: () => void): Promise<string[]> {
  const { resources } = await recordProgram(program);
  return objects(resources).filter(
    (text) => !/random:|roleArn|s3\/bucket[A-Z]|RolePolicy|PodIdentity/.test(text),
  );
}

async function conflict(program: () => void): Promise<string> {
  let message = "";
  await assert.rejects(recordProgram(program), (error: Error) => {
    message = error.message;
    return true;
  });
  return message;
}

describe("two components of a kind", () => {
  describe("in different namespaces of a cluster", () => {
    it("have no object in common", async () => {
      const registered = await names(() => {
        new SlackAlerting("slack", slack);
        new SlackAlerting("team-slack", { ...slack, namespace: "team" });
        new PrometheusStack("prometheus", identity);
        new PrometheusStack("team-prometheus", {
          ...identity,
          namespace: "team",
          releaseName: "team",
          clusterMonitoring: false,
        });
        new LokiStack("loki", logs);
        new LokiStack("team-loki", { ...logs, namespace: "team", bucket: "team-logs" });
        new MonitoredServices("services", { namespace: "shop", services });
        new MonitoredServices("team-services", { namespace: "team", services });
      });
      assert.ok(registered.length > 20);
      assert.equal(new Set(registered).size, registered.length, registered.sort().join("\n"));
    });

    it("report what a cluster has only once", async () => {
      const team = { ...identity, namespace: "team" };
      const both = (args: object) => () => {
        new PrometheusStack("prometheus", identity);
        new PrometheusStack("team", { ...team, ...args });
      };
      const message = await conflict(both({}));
      assert.match(message, /PrometheusStack "team": 2 problems in its arguments/);
      assert.match(message, /releaseName conflicts with PrometheusStack "prometheus"/);
      assert.match(message, /fix: set releaseName to a name that is unique in the cluster/);
      assert.match(message, /fix: set clusterMonitoring: false in one of them/);
      assert.match(
        await conflict(() => {
          new DatadogAgent("datadog", agent);
          new DatadogAgent("team", { ...agent, namespace: "team" });
        }),
        /DatadogAgent "team".*\n.*conflicts with DatadogAgent "datadog"/,
      );
    });

    it("report the dashboards, which every Grafana of the cluster loads", async () => {
      const message = await conflict(() => {
        new GrafanaDashboards("dashboards", {});
        new GrafanaDashboards("team", { namespace: "team", services: [] });
      });
      assert.match(message, /services conflicts with GrafanaDashboards "dashboards"/);
    });

    it("report a bucket that both use", async () => {
      const message = await conflict(() => {
        new LokiStack("loki", logs);
        new LokiStack("team", { ...logs, namespace: "team", createBucket: false });
      });
      assert.match(message, /bucket conflicts with LokiStack "loki", which already has the bucket/);
    });
  });

  it("report the namespace that they share, even if it is an Output", async () => {
    for (const namespace of ["monitoring", pulumi.output(Promise.resolve("monitoring"))]) {
      const programs = [
        () => [1, 2].map((n) => new SlackAlerting(`s${n}`, { ...slack, namespace })),
        () =>
          [1, 2].map((n) => new LokiStack(`l${n}`, { ...logs, bucket: `logs-${n}`, namespace })),
      ];
      for (const program of programs) {
        const message = await conflict(() => void program());
        assert.match(message, /namespace conflicts with .* "[sl]1", which already has/);
      }
    }
  });

  it("report what they share if two providers have the same known kubeconfig", async () => {
    const both = (first: kubernetes.ProviderArgs, second: kubernetes.ProviderArgs) => () => {
      const providers = [first, second].map((args, n) => new kubernetes.Provider(`p${n}`, args));
      for (const [n, provider] of providers.entries()) {
        new SlackAlerting(`slack-${n}`, slack, { provider });
      }
    };
    const known = { kubeconfig: "clusters: []", context: "eu" };
    const secret = { ...known, kubeconfig: pulumi.secret("clusters: []") };
    for (const program of [both(known, known), both(known, secret)]) {
      const { message, registered } = await failedDeployment(program);
      assert.match(message, /SlackAlerting "slack-1".*\n +namespace conflicts with .* "slack-0"/);
      assert.match(await conflict(program), /namespace conflicts/, "in the preview");
      const components = registered.filter((type) => type === "monitoring:index:SlackAlerting");
      assert.ok(components.length < 2, "registers nothing of the second component");
    }
    await recordProgram(both(known, { ...known, context: "us" }));
    await recordProgram(both(known, { ...known, kubeconfig: "clusters: [{}]" }));
    const unknown = { ...known, kubeconfig: pulumi.output(pulumi.unknown as string) };
    await recordProgram(both(unknown, unknown));
  });

  it("do not conflict in two clusters", async () => {
    const registered = await names(() => {
      for (const name of ["eu", "us"]) {
        const opts = { provider: new kubernetes.Provider(name, {}) };
        const location = { cluster: name, environment: "prod" };
        new PrometheusStack(`${name}-prometheus`, location, opts);
        new LokiStack(`${name}-loki`, { ...logs, ...location, bucket: `${name}-logs` }, opts);
        new DatadogAgent(`${name}-datadog`, { ...agent, ...location }, opts);
        new MonitoredServices(`${name}-services`, { namespace: "shop", services }, opts);
      }
    });
    assert.equal(new Set(registered).size, registered.length);
  });

  it("do not conflict in clusters of one name in two regions", async () => {
    const registered = await names(() => {
      for (const region of ["eu-west-1", "us-west-2"]) {
        const opts = { provider: new kubernetes.Provider(region, {}) };
        new LokiStack(region, { ...logs, region, bucket: `logs-${region}` }, opts);
      }
    });
    assert.equal(new Set(registered).size, registered.length);
  });

  it("do not conflict in two programs", async () => {
    for (const program of [1, 2]) {
      await recordProgram(() => void new PrometheusStack(`prometheus-${program}`, identity));
    }
  });

  describe("that monitor services in one namespace", () => {
    it("have rules of their own names", async () => {
      const registered = await names(() => {
        new MonitoredServices("services", { namespace: "shop", services });
        new MonitoredServices("Platform.team", { namespace: "shop", services: [{ name: "auth" }] });
      });
      const rules = registered.filter((text) => text.includes(":PrometheusRule"));
      assert.deepEqual(
        rules.map((text) => text.split(" ").at(-1)),
        ["shop-services", "shop-platform-team"],
      );
      assert.equal(new Set(registered).size, registered.length);
    });

    it("report a service that both monitor", async () => {
      const message = await conflict(() => {
        new MonitoredServices("services", { namespace: "shop", services });
        new MonitoredServices("team", {
          namespace: "shop",
          services: [{ name: "a" }, ...services],
        });
      });
      assert.match(message, /services\[1\]\.name conflicts with MonitoredServices "services"/);
      assert.match(message, /fix: remove the service cart from one of them/);
    });

    it("report a URL that both probe, at its place in the list of services", async () => {
      const probed = { name: "home", kind: WorkloadKind.Probe, probe: "https://shop.example.com/" };
      const message = await conflict(() => {
        new MonitoredServices("services", { namespace: "shop", services: [probed] });
        new MonitoredServices("team", { namespace: "shop", services: [{ name: "a" }, probed] });
      });
      assert.match(message, /services\[1\]\.name conflicts with MonitoredServices "services"/);
      assert.match(message, /fix: remove the probe of home from one of them/);
    });
  });
});
