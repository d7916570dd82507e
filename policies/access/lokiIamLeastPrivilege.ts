import { concernsKeys } from "./lokiBucketKey";
import { checkDocuments, holdsPermissions, isLokis, podTags } from "./lokiPolicyDocuments";
import { checkRole } from "./lokiRole";
import { podIdentityType } from "./podIdentities";
import { resourcePolicy } from "../engine/policy";
import { listProperty } from "../engine/properties";
import { isHelmType } from "../facts/helm";

const properties = {
  podIdentityTags: listProperty(
    podTags,
    "EKS Pod Identity session tags that a trust policy must require. If the list is empty, the role must be associated only with Loki, or its trust policy must name the cluster or the account as the source.",
    podTags,
  ),
  alsoAllowed: listProperty(
    [],
    "Additional actions that Loki's role may have, such as `s3:GetObjectTagging`.",
  ),
};

export const lokiIamLeastPrivilege = resourcePolicy({
  name: "loki-iam-least-privilege",
  description:
    "Loki's role may list one bucket and read, write and delete its objects, and only Loki's service account may assume it.",
  why: "An attacker in a pod has the permissions of its role. With `s3:*`, these cover every bucket in the account; with a broad trust policy, every pod can assume the role.",
  remediation:
    "allow s3:ListBucket on the bucket's ARN and s3:GetObject, s3:PutObject, s3:DeleteObject on its objects, and limit the trust policy to one namespace and service account",
  severity: "critical",
  // The trust policies in the AWS documentation have no conditions, because an association determines
  // which pods get the role.
  baseline: { defaults: { podIdentityTags: [] } },
  config: properties,
  nested: "none",
  appliesTo: holdsPermissions,
  check: (resource, config) => (isLokis(resource) ? checkDocuments(resource, config) : []),
  siblings: {
    reads: (type) =>
      holdsPermissions(type) || type === podIdentityType || isHelmType(type) || concernsKeys(type),
    check: checkRole,
  },
});
