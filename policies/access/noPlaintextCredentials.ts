import { credentialField, credentialIn } from "../shared/credentials";
import { Path, Plain, PlainMap, formatPath, isMap, textAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { ResourcePolicy, Verdict } from "../engine/policy";

export interface NoPlaintextCredentialsConfig {
  allowedTypes: string[];
}

export const noPlaintextCredentials: ResourcePolicy<NoPlaintextCredentialsConfig> = {
  scope: "resource",
  nested: "none",
  name: "no-plaintext-credentials",
  description: "Credentials stand only in resources that are made for them.",
  why: "What is in chart values, a ConfigMap or an annotation can be read by everybody who may look at the cluster or at the preview.",
  remediation:
    "put the value into a Kubernetes Secret made from `pulumi config set --secret`, and refer to that Secret by name",
  severity: "critical",
  enforcementLevel: "mandatory",
  config: {
    allowedTypes: {
      type: "array",
      items: { type: "string" },
      default: [],
      description:
        "Further types of resources that are made for credentials, such as `vault:index/kvSecret:KvSecret`.",
    },
  },
  appliesTo: () => true,
  judge,
};

function judge(resource: Resource, config: NoPlaintextCredentialsConfig): Verdict {
  if (config.allowedTypes.includes(resource.type)) return { violations: [] };
  const found: { path: Path; kind: string }[] = [];
  const kubernetes = resource.type.startsWith("kubernetes:");

  const walk = (value: Plain, path: Path): void => {
    if (typeof value === "string") {
      const kind = credentialIn(value) ?? fieldKind(path, value, kubernetes);
      if (kind !== undefined) found.push({ path, kind });
    } else if (Array.isArray(value)) {
      value.forEach((item, index) => walk(item, [...path, index]));
    } else if (isMap(value)) {
      walkMap(value, path);
    }
  };
  const walkMap = (map: PlainMap, path: Path): void => {
    const named = namedValue(map);
    if (named !== undefined) found.push({ path: [...path, "value"], kind: named });
    for (const [key, item] of Object.entries(map)) {
      const inKey = credentialIn(key, 0);
      if (inKey !== undefined) found.push({ path, kind: `${inKey} as a key` });
      // Already reported through its name.
      if (named === undefined || key !== "value") walk(item, [...path, key]);
    }
  };
  walkMap(outsideVaults(resource), []);

  return {
    violations: found.map(({ path, kind }) => ({
      problem: `${withArticle(kind)} stands in plain text`,
      where: `${resource.type} "${resource.name}", ${formatPath(path)}`,
      bound: "only in the data of a Secret, or in a secret store",
      fix: "pulumi config set --secret, put it into a kubernetes Secret, and refer to that Secret by name",
    })),
  };
}

/** A field at the root of a cloud resource is its provider's business: it marks its secrets itself. */
function fieldKind(path: Path, value: string, kubernetes: boolean): string | undefined {
  if (path.length < 2 && !kubernetes) return undefined;
  const name = path.findLast((key) => typeof key === "string");
  return typeof name === "string" ? credentialField(name, value) : undefined;
}

/** An environment variable or a parameter: `{name: "DB_PASSWORD", value: "…"}`. */
function namedValue(map: Record<string, Plain>): string | undefined {
  const name = textAt(map, "name") ?? textAt(map, "key");
  const value = textAt(map, "value");
  return name === undefined || value === undefined ? undefined : credentialField(name, value);
}

/** The properties that are made to hold credentials, by type. */
const vaults: Record<string, string[]> = {
  "kubernetes:core/v1:Secret": ["data", "stringData"],
  "kubernetes:core/v1:SecretPatch": ["data", "stringData"],
  "aws:secretsmanager/secretVersion:SecretVersion": ["secretString", "secretBinary"],
  "gcp:secretmanager/secretVersion:SecretVersion": ["secretData"],
  "azure-native:keyvault:Secret": ["properties"],
};

/** The properties of a resource without those that are places for credentials. */
function outsideVaults({ type, props }: Resource): PlainMap {
  if (!isMap(props)) return {};
  return Object.fromEntries(
    Object.entries(props).filter(([property]) => !isVault(type, property, props)),
  );
}

function isVault(type: string, property: string, props: PlainMap): boolean {
  if (/^(random|tls):/.test(type)) return true;
  if (vaults[type]?.includes(property)) return true;
  // Providers get their credentials as inputs; there is no other way in.
  if (type.startsWith("pulumi:providers:")) {
    return /(kubeconfig|key|token|password|secret|credentials?|auth)$/i.test(property);
  }
  if (type === "aws:ssm/parameter:Parameter") {
    return textAt(props, "type") === "SecureString" && property === "value";
  }
  return false;
}

function withArticle(kind: string): string {
  return `${/^[aeio]/i.test(kind) ? "an" : "a"} ${kind}`;
}
