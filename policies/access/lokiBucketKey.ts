import { first, inline, isBucketType, lokiBuckets } from "../facts/buckets";
import { helmChart } from "../facts/helm";
import { Statement, coversAction, readDocument } from "../facts/iam";
import { lokiCharts } from "../facts/loki";
import { Plain, UNKNOWN, at, isSet, listAt, textAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { own } from "../shared/own";

const keyType = "aws:kms/key:Key";

export function concernsKeys(type: string): boolean {
  return isBucketType(type) || type.startsWith("aws:kms/");
}

/** Actions that Loki needs on its bucket's KMS key. */
const keyNeeds: [action: string, purpose: string][] = [
  ["kms:GenerateDataKey", "write logs"],
  ["kms:Decrypt", "read its objects"],
];

/**
 * Returns the actions on a bucket's key that Loki needs but its role does not allow. Returns none if the
 * key belongs to another stack, or if the key policy or a grant may allow them.
 */
export function missingKeyActions(
  name: string,
  resources: Resource[],
  allowed: Statement[],
): [action: string, purpose: string][] {
  const bucket = lokiBuckets(resources).find(({ props }) => textAt(props, "bucket") === name);
  const isGranted = resources.some(({ type }) => /^aws:kms\/(grant|keyPolicy):/.test(type));
  if (bucket === undefined || isGranted || resources.some(choosesEncryption)) return [];
  const separate = bucket.parts.bucketServerSideEncryptionConfiguration;
  const keys = resources.filter(({ type }) => type === keyType);
  const key =
    separate.length > 0
      ? separate
          .map((resource) => keyIn(at(resource.props, "rules"), keys, resource))
          .find((candidate) => candidate !== undefined)
      : keyIn(first(inline(bucket, "serverSideEncryptionConfiguration")), keys);
  if (key === undefined || !isLeftToRoles(at(key.props, "policy"))) return [];
  return keyNeeds.filter(
    ([action]) => !allowed.some((statement) => coversAction(statement, action)),
  );
}

/** Whether Loki itself configures the encryption of its objects, which overrides the bucket's default. */
function choosesEncryption(resource: Resource): boolean {
  const { chart = "", values } = helmChart(resource) ?? {};
  return lokiCharts.has(chart) && (values === UNKNOWN || /"sse"/.test(JSON.stringify(values)));
}

/** Returns the key that encryption rules refer to. */
function keyIn(rules: Plain, keys: Resource[], { references = {} }: Partial<Resource> = {}) {
  const [rule] = [...listAt(rules), ...listAt(rules, "rules"), first(at(rules, "rule"))];
  const settings = first(at(rule, "applyServerSideEncryptionByDefault"));
  const id = at(settings, "kmsMasterKeyId");
  if (!/^aws:kms/.test(textAt(settings, "sseAlgorithm") ?? "")) return undefined;
  return keys.find(({ urn, props }) =>
    id === UNKNOWN
      ? own(references, "rules")?.includes(urn)
      : ["arn", "id", "keyId"].some(
          (property) => id === textAt(props, property) && id !== undefined,
        ),
  );
}

/** Whether a key has the default policy, which delegates access control to IAM policies. */
function isLeftToRoles(policy: Plain): boolean {
  if (!isSet(policy)) return true;
  const document = readDocument(policy);
  return (
    Array.isArray(document) &&
    document.every(
      (statement) =>
        !statement.unknown &&
        (!statement.allow ||
          !coversAction(statement, "kms:Decrypt") ||
          statement.principals.every(({ name }) => name.endsWith(":root"))),
    )
  );
}
