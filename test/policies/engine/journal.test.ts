import * as assert from "node:assert/strict";
import { Journal, notEvaluated } from "../../../policies/engine/journal";
import { UNKNOWN } from "../../../policies/facts/plain";
import { Resource } from "../../../policies/facts/resource";
import { notesOfThePack } from "../completePack";
import { release, resource } from "../subjects";

const firstLines = async (...resources: Resource[]): Promise<string[]> =>
  (await notesOfThePack(resources)).map(({ message }) => message.split("\n")[0] ?? "");
const flux = (name: string, chart: string): Resource =>
  resource("kubernetes:helm.toolkit.fluxcd.io/v2:HelmRelease", name, {
    metadata: { name, namespace: "flux" },
    spec: {
      chart: {
        spec: { chart, version: "1.2.3", sourceRef: { kind: "HelmRepository", name: "x" } },
      },
      valuesFrom: [{ kind: "ConfigMap", name: "values" }],
    },
  });
const application = (source: object): Resource =>
  resource("kubernetes:argoproj.io/v1alpha1:Application", "shop", { spec: { source } });

describe("the report of what was not evaluated", () => {
  it("has one line for each HelmRelease of Flux", async () => {
    assert.deepEqual(
      await firstLines(flux("metrics", "kube-prometheus-stack"), flux("logs", "loki")),
      ["metrics", "logs"].map(
        (name) =>
          `not evaluated: HelmRelease "${name}": spec.values, because some of the values are in ConfigMaps or Secrets; repositoryOpts.repo, because the repository is defined in another object`,
      ),
    );
  });

  it("has one line for each Application of Argo CD", async () => {
    const chart = { repoURL: "https://prometheus-community.github.io/helm-charts" };
    assert.deepEqual(
      await firstLines(
        application({
          ...chart,
          chart: "kube-prometheus-stack",
          targetRevision: "88.5.3",
          helm: { valueFiles: ["prod.yaml"] },
        }),
      ),
      [
        'not evaluated: Application "shop": spec.source.helm.values, because some of the values are in files in a repository',
      ],
    );
    assert.deepEqual(await firstLines(application({ repoURL: "https://git.io/x", path: "prod" })), [
      'not evaluated: Application "shop": its objects, because they are in a repository',
    ]);
  });

  it("has one line for each kustomization", async () => {
    const flux = "kubernetes:kustomize.toolkit.fluxcd.io/v1:Kustomization";
    assert.deepEqual(
      await firstLines(
        resource("kubernetes:kustomize/v2:Directory", "shop", {}),
        resource(flux, "cart", { spec: { path: "./cart" } }),
      ),
      [
        'not evaluated: Directory "shop": its objects, because they are not resources of the stack',
        'not evaluated: Kustomization "cart": its objects, because they are in a repository',
      ],
    );
  });

  it("has one line for a release whose values are unknown", async () => {
    assert.deepEqual(await firstLines(release("loki", UNKNOWN)), [
      'not evaluated: Release "prometheus": values, because its value is unknown until the deployment',
    ]);
  });

  it("names three parts, without those below another, and counts the others", () => {
    const journal = new Journal();
    const skip = (what: string, policy = "promql-valid") => {
      journal.skip({ policy, urn: "u", resource: "R", what, because: "it cannot be read" });
    };
    for (const what of ["a", "a.b", "a[0]", "ab", "c", "d", "e"]) skip(what);
    skip("a", "alert-for");
    const [first, ...others] = notEvaluated.entries(journal, []);
    assert.deepEqual(others, []);
    assert.equal(
      first?.text,
      "not evaluated: R: a, ab, c and 2 others, because it cannot be read\n  policies: promql-valid, alert-for",
    );
    assert.deepEqual(notEvaluated.entries(journal, []), [], "each run has its own entries");
  });
});
