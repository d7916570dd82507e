import type { Invoke } from "./record";

/** The account that stands for the real one. */
export const STAND_IN_ACCOUNT = "123456789012";

type Answer = (inputs: Record<string, unknown>, region: string) => Record<string, unknown>;

/**
 * What provider functions answer in a preview without credentials. One table, the same answer each
 * time, so that two previews of the same program can be compared.
 */
const answers: Record<string, Answer> = {
  "aws:index/getCallerIdentity:getCallerIdentity": () => ({
    id: STAND_IN_ACCOUNT,
    accountId: STAND_IN_ACCOUNT,
    arn: `arn:aws:iam::${STAND_IN_ACCOUNT}:user/preview`,
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
    arn: `arn:aws:eks:${region}:${STAND_IN_ACCOUNT}:cluster/${String(name)}`,
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
      arn: arn ?? `arn:aws:iam::${STAND_IN_ACCOUNT}:oidc-provider/${name}`,
      url: name,
      clientIdLists: ["sts.amazonaws.com"],
      thumbprintLists: [],
      tags: {},
    };
  },
};

/** Answers provider functions from the table; any other one is an error that names it. */
export function standInAnswers(region: string): (call: Invoke) => Record<string, unknown> {
  return ({ token, inputs }) => {
    const answer = answers[token];
    if (answer === undefined) {
      throw new Error(
        `the program calls ${token}, for which this preview has no stand-in: add it to preview/invokes.ts`,
      );
    }
    return answer(inputs, region);
  };
}

function issuer(region: string): string {
  return `https://oidc.eks.${region}.amazonaws.com/id/PREVIEW`;
}
