/**
 * Renders every release of a preview with helm and the real charts. Not part of `npm test`, because
 * it needs both:
 *
 *     npm run preview -- --stack prod --out out
 *     helm pull <chart> --repo <repository> --version <version> --untar --untardir charts   (each)
 *     PREVIEW_DIR=out CHARTS_DIR=charts npx mocha --no-config \
 *       --require ts-node/register/transpile-only --timeout 60000 test/charts/render.charts.ts
 *
 * `HELM` names the helm program when it is not on PATH.
 */
import * as assert from "node:assert/strict";
import { Manifest, manifestsOf, readReleases, readValues, renderRelease } from "./render";

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === "") throw new Error(`set ${name}: see the top of this file`);
  return value;
}

const options = {
  previewDir: required("PREVIEW_DIR"),
  chartsDir: required("CHARTS_DIR"),
  helm: process.env["HELM"] ?? "helm",
};

for (const release of readReleases(options.previewDir)) {
  describe(`release ${release.name} (${release.chart} ${release.version})`, () => {
    let rendered: string;

    before(() => {
      rendered = renderRelease(release, options);
    });

    it("renders objects of Kubernetes", () => {
      const manifests = manifestsOf(rendered);
      assert.ok(manifests.length > 0);
      for (const manifest of manifests) assert.ok(manifest["apiVersion"] && manifest["kind"]);
    });

    it("renders the same a second time, so that an update without a change restarts nothing", () => {
      assert.equal(renderRelease(release, options), rendered);
    });

    if (release.name === "datadog-agent") {
      describeDatadog(() => manifestsOf(rendered), readValues(release, options)["datadog"]);
    }
  });
}

function describeDatadog(manifests: () => Manifest[], values: Manifest): void {
  const daemonSet = (): Manifest => {
    const manifest = manifests().find(({ kind }) => kind === "DaemonSet");
    assert.ok(manifest);
    return manifest;
  };
  const containers = (): Manifest[] => daemonSet()["spec"].template.spec.containers;

  it("has a DaemonSet with the documented name", () => {
    assert.equal(daemonSet()["metadata"].name, "datadog-agent");
    assert.equal(containers()[0]?.["name"], "agent");
  });

  it("accepts metrics on port 8125 of the node, and traces on port 8126 if enabled", () => {
    const ports = containers().flatMap(({ ports }) => (ports ?? []) as Manifest[]);
    const open = (port: number, transport: string): boolean =>
      ports.some(({ hostPort, protocol }) => hostPort === port && protocol === transport);
    assert.equal(open(8125, "UDP"), true);
    assert.equal(open(8126, "TCP"), values["apm"].portEnabled);
  });

  it("reads the API key from a Secret in every container", () => {
    const pods = manifests()
      .filter(({ kind }) => kind === "DaemonSet" || kind === "Deployment")
      .map(({ spec }) => spec.template.spec as Manifest);
    const keys = pods
      .flatMap((pod) => [...pod["containers"], ...(pod["initContainers"] ?? [])] as Manifest[])
      .flatMap(({ env }) => (env ?? []) as Manifest[])
      .filter(({ name }) => name === "DD_API_KEY");
    assert.ok(keys.length > 1);
    for (const { valueFrom } of keys) {
      assert.equal(valueFrom.secretKeyRef.name, values["apiKeyExistingSecret"]);
      assert.equal(valueFrom.secretKeyRef.key, "api-key");
    }
    assert.ok(!JSON.stringify(manifests()).includes("MISSING"));
  });

  it("sets requests and a memory limit for every container", () => {
    for (const { kind, spec } of manifests()) {
      if (kind !== "DaemonSet" && kind !== "Deployment") continue;
      const pod = spec.template.spec as Manifest;
      for (const container of [...pod["containers"], ...(pod["initContainers"] ?? [])]) {
        assert.ok(container.resources?.requests?.cpu, `${kind} ${container.name}`);
        assert.ok(container.resources?.limits?.memory, `${kind} ${container.name}`);
      }
    }
  });
}
