import type { Invoke } from "./monitor";
import { decodeYaml } from "./renderedObjects";

/** AWS account ID that every preview reports. */
export const PREVIEW_ACCOUNT = "123456789012";

type Answer = (inputs: Record<string, unknown>, region: string) => Record<string, unknown>;

/**
 * Fixed results of provider functions. A preview has no credentials to call the real ones, and fixed
 * results make two previews of a program comparable.
 */
const answers: Record<string, Answer> = {
  "aws:index/getCallerIdentity:getCallerIdentity": () => ({
    id: PREVIEW_ACCOUNT,
    accountId: PREVIEW_ACCOUNT,
    arn: `arn:aws:iam::${PREVIEW_ACCOUNT}:user/preview`,
    userId: "AIDAPREVIEW",
  }),
  "aws:index/getPartition:getPartition": () => ({
    id: "aws",
    partition: "aws",
    dnsSuffix: "amazonaws.com",
    reverseDnsPrefix: "com.amazonaws",
  }),
  "aws:index/getRegion:getRegion": (_inputs, region) => ({
    id: region,
    name: region,
    region,
    description: region,
    endpoint: `ec2.${region}.amazonaws.com`,
  }),
  "aws:index/getAvailabilityZones:getAvailabilityZones": (_inputs, region) => ({
    id: region,
    names: ["a", "b", "c"].map((zone) => region + zone),
    zoneIds: ["az1", "az2", "az3"],
  }),
  "aws:eks/getCluster:getCluster": ({ name }, region) => ({
    id: name,
    name,
    arn: `arn:aws:eks:${region}:${PREVIEW_ACCOUNT}:cluster/${String(name)}`,
    endpoint: `https://preview.eks.${region}.amazonaws.com`,
    certificateAuthorities: [{ data: Buffer.from("preview").toString("base64") }],
    identities: [{ oidcs: [{ issuer: issuer(region) }] }],
    accessConfigs: [{ authenticationMode: "API", bootstrapClusterCreatorAdminPermissions: false }],
    vpcConfigs: [],
    enabledClusterLogTypes: [],
    region,
    status: "ACTIVE",
    tags: {},
    version: "1.35",
  }),
  "aws:eks/getClusterAuth:getClusterAuth": ({ name }, region) => ({
    id: name,
    name,
    region,
    token: "k8s-aws-v1.preview",
  }),
  "aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": ({ url, arn }, region) => {
    const name = (typeof url === "string" ? url : issuer(region)).replace("https://", "");
    return {
      id: name,
      arn: arn ?? `arn:aws:iam::${PREVIEW_ACCOUNT}:oidc-provider/${name}`,
      url: name,
      clientIdLists: ["sts.amazonaws.com"],
      thumbprintLists: [],
      tags: {},
    };
  },
  // The SDK renders objects with these functions. Charts and kustomizations have no objects in a preview,
  // so the policy `not-evaluated` lists them.
  "kubernetes:yaml:decode": ({ text }) => ({ result: decodeYaml(text) }),
  "kubernetes:helm:template": () => ({ result: [] }),
  "kubernetes:kustomize:directory": () => ({ result: [] }),
};

/** Returns the fixed result of a provider function, or throws an error that names the function. */
export function fixedResults(
  region: string,
): (call: Pick<Invoke, "token" | "inputs">) => Record<string, unknown> {
  return ({ token, inputs }) => {
    const answer = answers[token];
    if (answer === undefined) {
      throw new Error(
        `the program calls ${token}, for which the preview has no fixed result\n` +
          "  fix: add the function to preview/engine/invokes.ts",
      );
    }
    return answer(inputs, region);
  };
}

function issuer(region: string): string {
  return `https://oidc.eks.${region}.amazonaws.com/id/PREVIEW`;
}
