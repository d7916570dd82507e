import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { gzipSync } from "node:zlib";
import { existingInAws } from "../../verify/adopt/aws";
import { existingObjects, madeByHand, objectFinding } from "../../verify/adopt/objects";
import { type Registered, importFile, registration } from "../../verify/adopt/registered";
import { existingRelease } from "../../verify/adopt/releases";
import { Api } from "../../verify/cluster/api";

/** A cluster with these objects, by their path. */
function cluster(objects: Record<string, unknown>): Api {
  return new Api("the Kubernetes API", (url) => {
    const [path = ""] = url.split("?");
    const found = objects[path];
    return Promise.resolve({
      status: found === undefined ? 404 : 200,
      text: JSON.stringify(found ?? {}),
    });
  });
}

const registered = (type: string, inputs: Record<string, unknown>): Registered => ({
  entry: { type, name: "x" },
  inputs,
});

const object = (kind: string, name: string, namespace?: string): Registered =>
  registered(`kubernetes:core/v1:${kind}`, {
    apiVersion: "v1",
    kind,
    metadata: { name, ...(namespace !== undefined && { namespace }) },
  });

const ownedBy = (name: string) => ({
  metadata: {
    name,
    annotations: {
      "meta.helm.sh/release-name": "loki",
      "meta.helm.sh/release-namespace": "monitoring",
    },
  },
});

/** The Secret in which Helm stores a release. */
const stored = (name: string, version: string) => {
  const release = { chart: { metadata: { name, version } }, info: { status: "deployed" } };
  const compressed = gzipSync(JSON.stringify(release)).toString("base64");
  return { data: { release: Buffer.from(compressed).toString("base64") } };
};

const loki = registered("kubernetes:helm.sh/v3:Release", {
  namespace: "monitoring",
  name: "loki",
  chart: "loki",
  version: "18.11.0",
});

describe("the resources that the next update would create", () => {
  const originalPath = process.env["PATH"];
  let folder: string;

  before(
    "create a fake Pulumi CLI, which omits unchanged resources unless it has to show them",
    () => {
      folder = fs.mkdtempSync(path.join(os.tmpdir(), "adopt-"));
      const monitor = (name: string) => ({
        urn: `urn:pulumi:prod::monitoring::kubernetes:monitoring.coreos.com/v1:ServiceMonitor::${name}`,
        newState: {
          type: "kubernetes:monitoring.coreos.com/v1:ServiceMonitor",
          inputs: {
            apiVersion: "monitoring.coreos.com/v1",
            kind: "ServiceMonitor",
            metadata: { name, namespace: "ticketing" },
          },
        },
      });
      const program = `#!${process.execPath}
const { argv } = process;
const steps = ${JSON.stringify([monitor("new"), monitor("deployed")])};
const shown = argv.includes("--show-sames") ? steps : steps.slice(0, 1);
const resources = [{ type: steps[0].newState.type, name: "new" }];
require("node:fs").writeFileSync(argv[argv.indexOf("--import-file") + 1], JSON.stringify({ resources }));
console.log(JSON.stringify({ config: {}, steps: shown }));
`;
      fs.writeFileSync(path.join(folder, "pulumi"), program, { mode: 0o755 });
      process.env["PATH"] = folder;
    },
  );

  after(() => {
    process.env["PATH"] = originalPath;
    fs.rmSync(folder, { recursive: true });
  });

  it("do not include those of the state, which are objects of the program all the same", async () => {
    const { resources, objects } = await registration("prod");
    assert.deepEqual(
      resources.map(({ entry }) => entry.name),
      ["new"],
    );
    const monitors = "/apis/monitoring.coreos.com/v1/namespaces/ticketing/servicemonitors";
    assert.deepEqual([...objects], [`${monitors}/new`, `${monitors}/deployed`]);
  });
});

const secrets = "/api/v1/namespaces/monitoring/secrets";
const claims = "/api/v1/namespaces/monitoring/persistentvolumeclaims";

describe("npm run adopt", () => {
  describe("an object of the program", () => {
    it("that does not exist has no finding", async () => {
      assert.deepEqual(await existingObjects(cluster({}), [object("Secret", "a", "b")]), []);
    });

    it("is adopted if it is a namespace, and otherwise deleted, as the program creates it again", async () => {
      const live = cluster({
        "/api/v1/namespaces/monitoring": { metadata: { name: "monitoring" } },
        [`${secrets}/alertmanager-config`]: { metadata: { name: "alertmanager-config" } },
      });
      const found = await existingObjects(live, [
        object("Namespace", "monitoring"),
        object("Secret", "alertmanager-config", "monitoring"),
      ]);
      const [namespace, secret] = found.map(objectFinding);
      assert.equal(namespace?.adopts?.id, "monitoring");
      assert.equal(namespace.command, undefined);
      assert.equal(secret?.adopts, undefined);
      assert.equal(secret?.command, "kubectl delete secret/alertmanager-config -n monitoring");
      assert.match(secret?.effect ?? "", /copy those that you have nowhere else/);
    });

    it("has the release that it belongs to", async () => {
      const live = cluster({
        "/api/v1/namespaces/monitoring/serviceaccounts/loki": ownedBy("loki"),
      });
      const [found] = await existingObjects(live, [object("ServiceAccount", "loki", "monitoring")]);
      assert.equal(found?.release, "monitoring/loki");
    });
  });

  describe("a release of the program", () => {
    const withRelease = (name: string, ...claimNames: string[]) =>
      cluster({
        [secrets]: { items: [stored(name, "1.2.3")] },
        [claims]: { items: claimNames.map((claim) => ({ metadata: { name: claim } })) },
      });

    it("that does not exist has no finding", async () => {
      assert.equal(await existingRelease(cluster({}), loki, new Set()), undefined);
    });

    it("is upgraded if it has the same chart, and keeps its volumes", async () => {
      const finding = await existingRelease(
        withRelease("loki", "storage-loki-0", "data-other-0"),
        loki,
        new Set(),
      );
      assert.equal(finding?.adopts?.id, "monitoring/loki");
      assert.equal(finding.what, "release monitoring/loki (loki 1.2.3)");
      assert.equal(finding.effect, "upgraded to 18.11.0; its volumes remain: storage-loki-0");
    });

    it("is its last revision, even if that one failed", async () => {
      const revision = (version: string, chart: string) => ({
        metadata: { name: chart, labels: { version } },
        ...stored("loki", chart),
      });
      const items = [revision("9", "1.0.0"), revision("10", "2.0.0")];
      const finding = await existingRelease(cluster({ [secrets]: { items } }), loki, new Set());
      assert.equal(finding?.what, "release monitoring/loki (loki 2.0.0)");
    });

    it("is uninstalled if it has another chart", async () => {
      const finding = await existingRelease(withRelease("loki-stack"), loki, new Set());
      assert.equal(finding?.command, "helm uninstall loki -n monitoring");
      assert.match(finding.effect, /it has no volumes, so what its pods store is lost/);
    });

    it("is uninstalled if it contains objects that the program creates itself", async () => {
      const owners = new Set(["monitoring/loki"]);
      const finding = await existingRelease(withRelease("loki"), loki, owners);
      assert.equal(finding?.adopts, undefined);
      assert.equal(finding?.command, "helm uninstall loki -n monitoring");
    });
  });

  it("deletes what was made by hand under the name of a release, and nothing of Helm", async () => {
    const live = cluster({
      "/apis/apps/v1/namespaces/monitoring/daemonsets/loki": { metadata: { name: "loki" } },
      "/apis/rbac.authorization.k8s.io/v1/clusterroles/loki": { metadata: { name: "loki" } },
      "/api/v1/namespaces/monitoring/services/loki": ownedBy("loki"),
    });
    const release = { namespace: "monitoring", name: "loki" };
    const found = await madeByHand(live, release, new Set());
    assert.deepEqual(
      found.map(({ command }) => command),
      ["kubectl delete daemonset/loki -n monitoring", "kubectl delete clusterrole/loki"],
    );
  });

  it("writes the adopted resources, with their IDs and components, to the import file", () => {
    const component = { type: "monitoring:index:LokiStack", name: "loki", component: true };
    const bucket = { type: "aws:s3/bucket:Bucket", name: "b", parent: "loki", id: "<PLACEHOLDER>" };
    const other = { type: "monitoring:index:SlackAlerting", name: "slack", component: true };
    const file = importFile(
      { resources: [component, bucket, other, { type: "random:index/x:X", name: "x" }] },
      new Map([[bucket, "logs"]]),
    );
    assert.deepEqual(file.resources, [component, { ...bucket, id: "logs" }]);
  });

  describe("a resource of AWS", () => {
    const originalPath = process.env["PATH"];
    let folder: string;

    beforeEach(() => {
      folder = fs.mkdtempSync(path.join(os.tmpdir(), "adopt-"));
      process.env["PATH"] = `${folder}:${originalPath}`;
    });
    afterEach(() => {
      process.env["PATH"] = originalPath;
      fs.rmSync(folder, { recursive: true });
    });

    const answer = (script: string) =>
      fs.writeFileSync(path.join(folder, "aws"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    const bucket = registered("aws:s3/bucket:Bucket", { bucket: "logs" });

    it("is adopted if it exists, even if the command prints nothing", async () => {
      answer("exit 0");
      const [found] = await existingInAws(bucket, "eu-west-1");
      assert.equal(found?.adopts?.id, "logs");
    });

    it("has no finding if it does not exist", async () => {
      answer(`echo "An error occurred (404) when calling HeadBucket: Not Found" >&2; exit 254`);
      assert.deepEqual(await existingInAws(bucket, "eu-west-1"), []);
    });

    it("is an error if it cannot be read, such as a bucket of another account", async () => {
      answer(`echo "An error occurred (403) when calling HeadBucket: Forbidden" >&2; exit 254`);
      await assert.rejects(existingInAws(bucket, "eu-west-1"), /head-bucket .*403.*Forbidden/s);
    });

    it("is a Pod Identity association by cluster and ID", async () => {
      answer(`[ "$8" = loki ] && echo '{"associations": [{"associationId": "a-1"}]}'`);
      const association = registered("aws:eks/podIdentityAssociation:PodIdentityAssociation", {
        clusterName: "prod",
        namespace: "monitoring",
        serviceAccount: "loki",
      });
      const [found] = await existingInAws(association, "eu-west-1");
      assert.equal(found?.adopts?.id, "prod,a-1");
    });

    it("is in the region of the AWS CLI, if the stack names none", async () => {
      answer(`case "$*" in *--region*) exit 1 ;; esac; echo '{"associations": []}'`);
      const association = registered("aws:eks/podIdentityAssociation:PodIdentityAssociation", {
        clusterName: "prod",
        namespace: "monitoring",
        serviceAccount: "loki",
      });
      assert.deepEqual(await existingInAws(association), []);
    });

    it("that the program creates over what exists is not looked up", async () => {
      answer("exit 1");
      const versioning = registered("aws:s3/bucketVersioning:BucketVersioning", { bucket: "logs" });
      assert.deepEqual(await existingInAws(versioning, "eu-west-1"), []);
    });
  });
});
