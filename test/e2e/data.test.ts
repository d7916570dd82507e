/** What the real engine does with logs and volumes when settings change or the stack is destroyed. */
import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { toolPath } from "../../tools/paths.cjs";
import { type Run, TestStack } from "../support/engine/stack";
import { projectDirectory } from "../support/stackConfig";

/** A program of another team, whose arguments and options come from its configuration. */
const program = `
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { LokiStack, PrometheusStack } from "./components";
import { createNamespaces } from "./stacks/cluster/namespaces";

const config = new pulumi.Config("logs");
createNamespaces(
  {
    protectData: false,
    labels: {},
    namespaces: {
      monitoring: "monitoring",
      application: "shop",
      existing: [],
      ...config.getObject<object>("namespaces"),
    },
  } as any,
  new kubernetes.Provider("kubernetes", { kubeconfig: "{}" }),
);
const identity = { cluster: "shop", environment: "production", bucket: "shop-logs" };
new LokiStack("loki", { ...identity, ...config.getObject<object>("args") }, config.getObject<object>("opts"));
new PrometheusStack("prometheus", {
  cluster: "shop",
  environment: "production",
  ...config.getObject<object>("prometheus"),
});
`;

const removals = {
  "createBucket: false": { createBucket: false },
  "storage: filesystem": { storage: "filesystem" },
};
/** Each change would remove or replace the bucket. */
const changes = {
  ...removals,
  "another bucket": { bucket: "new-shop-logs" },
  "another region": { region: "eu-central-1" },
};

describe("data on the real engine", () => {
  let project: string;

  before(() => {
    toolPath("pulumi");
    project = fs.mkdtempSync(path.join(os.tmpdir(), "observability-logs-"));
    for (const entry of ["components", "stacks", "policies", "node_modules", "tsconfig.json"]) {
      fs.symlinkSync(path.join(projectDirectory, entry), path.join(project, entry));
    }
    fs.writeFileSync(path.join(project, "index.ts"), program);
    fs.writeFileSync(path.join(project, "package.json"), '{ "main": "index.ts" }');
    fs.writeFileSync(path.join(project, "Pulumi.yaml"), "name: logs\nruntime: nodejs\n");
  });
  after(() => fs.rmSync(project, { recursive: true, force: true }));

  /** Deploys the program, and then uses the stack. */
  async function deployed(
    args: object,
    opts: object,
    use: (stack: LogStack) => Promise<void>,
  ): Promise<void> {
    const stack = await TestStack.create({ project, stack: "test" });
    const configure = async (key: string, value: object): Promise<void> => {
      await stack.must("config", "set", `logs:${key}`, JSON.stringify(value));
    };
    try {
      await configure("args", args);
      await configure("opts", opts);
      const up = await stack.update();
      assert.equal(up.exitCode, 0, up.text);
      await use({
        prometheus: async (settings) => {
          await configure("prometheus", settings);
          return stack.update();
        },
        change: async (change) => {
          await configure("args", { ...args, ...change });
          return stack.up();
        },
        namespaces: async (namespaces) => {
          await configure("namespaces", namespaces);
          return stack.update();
        },
        destroy: () => stack.destroy(),
        bucket: async () => {
          const resources = await stack.resources();
          return resources.find(({ type }) => type === "aws:s3/bucket:Bucket");
        },
      });
    } finally {
      stack.dispose();
    }
  }

  describe("in the log bucket", () => {
    describe("with the options of the caller", () => {
      const data = { protectData: false, deleteDataOnDestroy: true };

      it("remains with its settings after destroy, if the option is retainOnDelete", async () => {
        await deployed(data, { retainOnDelete: true }, async ({ bucket, destroy }) => {
          assert.equal((await bucket())?.inputs?.["forceDestroy"], false);
          const run = await destroy();
          assert.equal(run.exitCode, 0, run.text);
          assert.deepEqual(deletions(run), []);
        });
      });

      it("is not deleted by destroy, if the option is protect", async () => {
        await deployed(data, { protect: true }, async ({ bucket, destroy }) => {
          assert.equal((await bucket())?.inputs?.["forceDestroy"], false);
          const run = await destroy();
          assert.notEqual(run.exitCode, 0, run.text);
          assert.match(run.text, /cannot be deleted\s+because it is protected/);
          assert.deepEqual(deletions(run), []);
        });
      });
    });

    it("is protected by default, in an environment of any name", async () => {
      await deployed({}, {}, async ({ bucket, change, destroy }) => {
        for (const [name, args] of Object.entries(changes)) {
          const run = await change(args);
          assert.notEqual(run.exitCode, 0, `${name}: ${run.text}`);
          const [[key, value] = []] = Object.entries(args);
          assert.match(run.text, /LokiStack "loki": 1 problem in its arguments/, name);
          assert.match(run.text, new RegExp(`${key} = "${value}" must stay .*\\n +fix: .*${key}`));
          assert.deepEqual(deletions(run), [], name);
          assert.equal((await bucket())?.inputs?.["bucket"], "shop-logs", name);
        }
        const run = await destroy();
        assert.notEqual(run.exitCode, 0, run.text);
        assert.deepEqual(deletions(run), []);
      });
    });

    for (const [name, args] of Object.entries(removals)) {
      it(`remains in AWS without protection: ${name}`, async () => {
        await deployed({ protectData: false }, {}, async ({ change, destroy }) => {
          const run = await change(args);
          assert.equal(run.exitCode, 0, run.text);
          assert.deepEqual(deletions(run), []);
          const destroyed = await destroy();
          assert.equal(destroyed.exitCode, 0, destroyed.text);
          assert.deepEqual(deletions(destroyed), []);
        });
      });
    }

    it("is deleted with its logs only by destroy, if the caller permits it", async () => {
      const data = { protectData: false, deleteDataOnDestroy: true };
      await deployed(data, {}, async ({ bucket, change, destroy }) => {
        for (const [name, args] of Object.entries(changes)) {
          const run = await change(args);
          assert.notEqual(run.exitCode, 0, `${name}: ${run.text}`);
          assert.match(run.text, /fix: .*run pulumi up/, name);
          assert.doesNotMatch(run.text, /^\s+at /m, name);
          assert.deepEqual(deletions(run), [], name);
          assert.equal((await bucket())?.inputs?.["bucket"], "shop-logs", name);
        }
        assert.equal((await bucket())?.inputs?.["forceDestroy"], true);
        const run = await destroy();
        assert.equal(run.exitCode, 0, run.text);
        assert.ok(deletions(run).includes("Bucket loki-bucket"));
      });
    });

    it("remains if the permission to delete it is withdrawn together with another change", async () => {
      const data = { protectData: false, deleteDataOnDestroy: true };
      await deployed(data, {}, async ({ bucket, change }) => {
        const withdrawn = { ...data, deleteDataOnDestroy: false };
        for (const [name, args] of Object.entries(changes)) {
          const run = await change({ ...withdrawn, ...args });
          assert.notEqual(run.exitCode, 0, `${name}: ${run.text}`);
          assert.match(run.text, /fix: .*run pulumi up/, name);
          assert.doesNotMatch(run.text, /^\s+at /m, name);
          assert.deepEqual(deletions(run), [], name);
          assert.equal((await bucket())?.inputs?.["bucket"], "shop-logs", name);
        }
        assert.equal((await change(withdrawn)).exitCode, 0);
        const run = await change({ ...withdrawn, createBucket: false });
        assert.equal(run.exitCode, 0, run.text);
        assert.deepEqual(deletions(run), []);
      });
    });

    it("can be exchanged for another one, and remains in AWS", async () => {
      await deployed({ protectData: false }, {}, async ({ bucket, change }) => {
        for (const args of [{ createBucket: false }, { bucket: "new-shop-logs" }]) {
          const run = await change(args);
          assert.equal(run.exitCode, 0, run.text);
          assert.deepEqual(deletions(run), []);
        }
        assert.equal((await bucket())?.inputs?.["bucket"], "new-shop-logs");
      });
    });
  });

  describe("on the volumes of Prometheus and Alertmanager", () => {
    const moves = { namespace: { namespace: "metrics" }, releaseName: { releaseName: "metrics" } };

    it("are kept by default, and left behind only if the caller permits it", async () => {
      await deployed({}, {}, async ({ prometheus }) => {
        for (const [key, move] of Object.entries(moves)) {
          const run = await prometheus(move);
          assert.notEqual(run.exitCode, 0, run.text);
          assert.match(run.text, /PrometheusStack "prometheus": 1 problem in its arguments/);
          assert.match(
            run.text,
            new RegExp(`${key} = "metrics" must stay "\\w+": .* start with empty volumes`),
          );
          assert.match(run.text, /fix: .*protectData: false/);
          assert.deepEqual(mutations(run), [], key);
        }
        const moved = { ...moves.namespace, ...moves.releaseName };
        assert.equal((await prometheus({ ...moved, protectData: false })).exitCode, 0);
        assert.equal((await prometheus(moved)).exitCode, 0);
        const run = await prometheus({});
        assert.match(run.text, /2 problems in its arguments/);
        assert.match(run.text, /namespace = "monitoring" must stay "metrics"/);
        assert.deepEqual(mutations(run), []);
      });
    });

    it("are not deleted by a change, even if destroy may delete them", async () => {
      await deployed({}, {}, async ({ prometheus }) => {
        const deletable = { protectData: false, deleteDataOnDestroy: true };
        assert.equal((await prometheus(deletable)).exitCode, 0);
        const run = await prometheus({ ...deletable, ...moves.namespace });
        assert.match(run.text, /namespace = .* must stay "monitoring": Kubernetes would delete/);
        assert.deepEqual(mutations(run), []);
      });
    });
  });

  describe("on the volume of Loki", () => {
    it("is kept by default, and left behind only if the caller permits it", async () => {
      const volume = { storage: "filesystem" };
      await deployed(volume, {}, async ({ change }) => {
        const changed = { namespace: "logs", storage: "s3" };
        for (const [key, value] of Object.entries(changed)) {
          const run = await change({ [key]: value });
          assert.notEqual(run.exitCode, 0, run.text);
          assert.match(run.text, new RegExp(`${key} = "${value}" must stay "\\w+": Loki would`));
          assert.deepEqual(mutations(run), [], key);
        }
        const run = await change({ namespace: "logs", protectData: false });
        assert.equal(run.exitCode, 0, run.text);
      });
    });
  });

  describe("in a namespace", () => {
    const settings = {
      "another name": { monitoring: "observability" },
      "another name of an existing namespace": { monitoring: "tools", existing: ["tools"] },
      "one namespace for all": { application: "monitoring" },
      "a namespace that the stack no longer creates": { existing: ["monitoring", "shop"] },
    };
    it("remains in the cluster, even if it is not protected", async () => {
      await deployed({ protectData: false }, {}, async (stack) => {
        for (const [name, namespaces] of Object.entries(settings)) {
          const run = await stack.namespaces(namespaces);
          assert.equal(run.exitCode, 0, `${name}: ${run.text}`);
          assert.deepEqual(deletedNamespaces(run), [], name);
        }
        const destroyed = await stack.destroy();
        assert.equal(destroyed.exitCode, 0, destroyed.text);
        assert.deepEqual(deletedNamespaces(destroyed), []);
      });
    });
  });
});

interface LogStack {
  /** Deploys the program with changed arguments of LokiStack. */
  change: (args: object) => Promise<Run>;
  /** Deploys the program with these arguments of PrometheusStack, without a preview. */
  prometheus: (args: object) => Promise<Run>;
  /** Deploys the program with changed settings of the namespaces. */
  namespaces: (settings: object) => Promise<Run>;
  destroy: () => Promise<Run>;
  /** The bucket in the state. */
  bucket: () => Promise<{ inputs?: Record<string, unknown> } | undefined>;
}

/** The bucket and its settings that a run deleted, as `Bucket loki-bucket`. */
function deletions({ calls }: Run): string[] {
  return calls
    .filter(({ operation, type }) => operation === "delete" && type.startsWith("aws:s3/"))
    .map(({ type, name }) => `${type.split(":").at(-1)} ${name}`);
}

/** What a run created, updated or deleted. */
function mutations({ calls }: Run): string[] {
  return calls
    .filter(({ operation, preview }) => /create|update|delete/.test(operation) && !preview)
    .map(({ operation, name }) => `${operation} ${name}`);
}

function deletedNamespaces({ calls }: Run): string[] {
  return calls
    .filter(({ operation, type }) => operation === "delete" && type.endsWith(":Namespace"))
    .map(({ name }) => name);
}
