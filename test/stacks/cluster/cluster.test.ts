import * as assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { fixedResults } from "../../../preview/engine/invokes";
import { Cluster, connectCluster } from "../../../stacks/cluster/cluster";
import { ClusterSettings } from "../../../stacks/config/schema";
import { RecordedResource, UNKNOWN, recordProgram } from "../../support/mocks";

const getCluster = "aws:eks/getCluster:getCluster";
const awsAnswers = {
  [getCluster]: (inputs: Record<string, unknown>) =>
    fixedResults("us-east-1")({ token: getCluster, inputs }),
};

const memoryType = "random:index/randomUuid:RandomUuid";
const deployRole = "arn:aws:iam::123456789012:role/deploy";
const awsConfig = {
  "aws:profile": "ops",
  "aws:assumeRoles": JSON.stringify([{ roleArn: deployRole, sessionName: "pulumi" }]),
};

async function connect(
  settings: ClusterSettings,
  call = {},
  protectData = true,
  config: Record<string, string> = {},
) {
  let connected: Cluster | undefined;
  const { resources, outputs } = await recordProgram(
    () => {
      connected = connectCluster(settings, protectData, { team: "platform" });
      return {
        issuer: pulumi.output(connected.oidcIssuerUrl ?? "none"),
        providerArn: pulumi.output(connected.oidcProviderArn ?? "none"),
      };
    },
    { call, config },
  );
  return {
    resources: resources.filter(({ type }) => type !== memoryType),
    outputs,
    volumeProvisioner: connected?.volumeProvisioner,
  };
}

/** Connects a stack that was deployed with other settings. */
async function change(from: ClusterSettings, to: ClusterSettings): Promise<RecordedResource[]> {
  let keepers: unknown;
  const run = async (settings: ClusterSettings) =>
    recordProgram(() => void connectCluster(settings, false, {}), {
      call: awsAnswers,
      preview: false,
      computed: (resource) => {
        if (resource.type !== memoryType) return {};
        assert.deepEqual(resource.options.ignoreChanges, ["keepers"]);
        return { keepers: (keepers ??= resource.inputs["keepers"]) };
      },
    });
  await run(from);
  return (await run(to)).resources;
}

const types = (resources: RecordedResource[]) => resources.map(({ type }) => type);

describe("connectCluster", () => {
  describe("to an existing EKS cluster", () => {
    const settings: ClusterSettings = { name: "ticketing-prod", mode: "existing" };

    it("creates only a provider, which the first preview knows", async () => {
      const { resources } = await connect(settings, awsAnswers);
      assert.deepEqual(types(resources), ["pulumi:providers:kubernetes"]);
      const kubeconfig = JSON.parse(String(resources[0]?.inputs["kubeconfig"])) as {
        clusters: [{ cluster: { server: string } }];
      };
      assert.equal(
        kubeconfig.clusters[0].cluster.server,
        "https://preview.eks.us-east-1.amazonaws.com",
      );
    });

    it("finds its OIDC provider in IAM", async () => {
      const { outputs } = await connect(settings, awsAnswers);
      assert.equal(outputs["issuer"], "https://oidc.eks.us-east-1.amazonaws.com/id/PREVIEW");
      assert.equal(
        outputs["providerArn"],
        "arn:aws:iam::123456789012:oidc-provider/oidc.eks.us-east-1.amazonaws.com/id/PREVIEW",
      );
    });

    it("requests tokens with the profile and the role of the AWS provider", async () => {
      const { resources } = await connect(settings, awsAnswers, true, awsConfig);
      const kubeconfig = String(resources[0]?.inputs["kubeconfig"]);
      assert.match(
        kubeconfig,
        /"--profile","ops","--role-arn","arn:aws:iam::123456789012:role\/deploy"/,
      );
    });

    it("refuses roles that the token command cannot assume, and states the fix", async () => {
      const refused: [object[], RegExp][] = [
        [[{ roleArn: "a" }, { roleArn: "b" }], /aws:assumeRoles must have one role/],
        [[{ roleArn: "a", externalId: "e" }], /aws:assumeRoles must not have an externalId/],
      ];
      for (const [roles, message] of refused) {
        const config = { "aws:assumeRoles": JSON.stringify(roles) };
        const error = await connect(settings, awsAnswers, true, config).then(
          () => assert.fail("accepted"),
          (error: Error) => error.message,
        );
        assert.match(error, message);
        assert.match(error, /fix: .*pulumi config set aws:profile/);
      }
    });

    it("uses the EBS CSI driver for volumes", async () => {
      assert.equal((await connect(settings, awsAnswers)).volumeProvisioner, "ebs.csi.aws.com");
    });
  });

  describe("to a new EKS cluster", () => {
    const settings: ClusterSettings = { name: "ticketing-prod", mode: "create" };
    const created = async (more: Partial<ClusterSettings> = {}) => {
      const { resources } = await connect({ ...settings, ...more });
      const cluster = resources.find(({ type }) => type === "eks:index:Cluster");
      assert.ok(cluster);
      return { cluster, resources };
    };

    it("protects the cluster if data is protected", async () => {
      for (const protectData of [true, false]) {
        const { resources } = await connect(settings, {}, protectData);
        assert.equal(resources[0]?.options.protect ?? false, protectData);
      }
    });

    it("registers the cluster before its provider", async () => {
      const { cluster, resources } = await created();
      assert.deepEqual(types(resources), ["eks:index:Cluster", "pulumi:providers:kubernetes"]);
      assert.equal(cluster.inputs["name"], "ticketing-prod");
    });

    it("keeps the API private unless ranges are named", async () => {
      const { cluster } = await created();
      assert.equal(cluster.inputs["endpointPrivateAccess"], true);
      assert.equal(cluster.inputs["endpointPublicAccess"], false);
      const { cluster: reachable } = await created({ publicAccessCidrs: ["203.0.113.0/24"] });
      assert.equal(reachable.inputs["endpointPublicAccess"], true);
      assert.deepEqual(reachable.inputs["publicAccessCidrs"], ["203.0.113.0/24"]);
      const { cluster: none } = await created({ publicAccessCidrs: [] });
      assert.equal(none.inputs["endpointPublicAccess"], false);
    });

    it("uses the profile and the role of the AWS provider in its kubeconfig", async () => {
      const { resources } = await connect(settings, {}, true, awsConfig);
      assert.deepEqual(resources[0]?.inputs["providerCredentialOpts"], {
        profileName: "ops",
        roleArn: deployRole,
      });
      const { cluster } = await created();
      assert.ok(!("providerCredentialOpts" in cluster.inputs));
    });

    it("uses Auto Mode, and logs API calls", async () => {
      const { cluster } = await created();
      assert.equal(cluster.inputs["autoMode"].enabled, true);
      assert.equal(cluster.inputs["authenticationMode"], "API");
      assert.deepEqual(cluster.inputs["enabledClusterLogTypes"], ["api", "audit", "authenticator"]);
      assert.equal((await connect(settings)).volumeProvisioner, "ebs.csi.eks.amazonaws.com");
    });

    it("uses the given version and network", async () => {
      const subnetIds = ["subnet-0a", "subnet-0b"];
      const { cluster } = await created({ version: "1.35", vpcId: "vpc-0a", subnetIds });
      assert.equal(cluster.inputs["version"], "1.35");
      assert.equal(cluster.inputs["vpcId"], "vpc-0a");
      assert.deepEqual(cluster.inputs["privateSubnetIds"], subnetIds);
      const { cluster: byDefault } = await created();
      for (const key of ["version", "vpcId", "privateSubnetIds"]) {
        assert.ok(!(key in byDefault.inputs), key);
      }
    });

    it("connects with a kubeconfig that is unknown until the cluster exists", async () => {
      const { resources } = await created();
      assert.equal(resources[1]?.inputs["kubeconfig"], UNKNOWN);
    });
  });

  describe("of a stack that is deployed", () => {
    const created: ClusterSettings = { name: "new", mode: "create" };
    const existing: ClusterSettings = { name: "old", mode: "existing" };

    it("refuses what would delete, replace or leave a created cluster, and states the fix", async () => {
      const restored = 'fix: restore the value {"mode":"create","name":"new"}; for another cluster';
      const refused: [ClusterSettings, ClusterSettings, string][] = [
        [created, { name: "new", mode: "existing" }, restored],
        [created, { name: "kind", mode: "kubeconfig" }, restored],
        [created, { name: "other", mode: "create" }, restored],
        [created, { ...created, vpcId: "vpc-0a" }, restored],
        [existing, { name: "old", mode: "create" }, "fix: restore the mode; for another cluster"],
      ];
      for (const [from, to, fix] of refused) {
        await assert.rejects(change(from, to), (error: Error) => {
          const value = JSON.stringify(
            to.vpcId
              ? { mode: to.mode, name: to.name, vpcId: to.vpcId }
              : { mode: to.mode, name: to.name },
          );
          assert.match(
            error.message,
            /would (delete the cluster new, which the stack created|move)/,
          );
          assert.ok(error.message.includes(`monitoring:cluster = ${value} would`), error.message);
          assert.ok(error.message.includes(fix), error.message);
          return true;
        });
      }
    });

    it("accepts other changes", async () => {
      const accepted: [ClusterSettings, ClusterSettings][] = [
        [created, { ...created, version: "1.36", publicAccessCidrs: ["203.0.113.0/24"] }],
        [existing, { name: "other", mode: "existing" }],
        [existing, { name: "kind", mode: "kubeconfig" }],
      ];
      for (const [from, to] of accepted) assert.ok((await change(from, to)).length > 1);
    });
  });

  describe("to the cluster of a kubeconfig", () => {
    it("needs no AWS", async () => {
      const { resources, outputs } = await connect({
        name: "kind",
        mode: "kubeconfig",
        kubeconfig: "/home/me/.kube/config",
        context: "kind-monitoring",
      });
      assert.deepEqual(types(resources), ["pulumi:providers:kubernetes"]);
      assert.equal(resources[0]?.inputs["kubeconfig"], "/home/me/.kube/config");
      assert.equal(resources[0]?.inputs["context"], "kind-monitoring");
      assert.deepEqual(outputs, { issuer: "none", providerArn: "none" });
    });

    it("uses the default kubeconfig if none is named", async () => {
      const { resources } = await connect({ name: "kind", mode: "kubeconfig" });
      assert.ok(!("context" in (resources[0]?.inputs ?? {})));
    });
  });
});
