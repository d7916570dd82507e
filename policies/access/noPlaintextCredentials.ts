import { Finding, resourcePolicy } from "../engine/policy";
import { ConfigOf, listProperty } from "../engine/properties";
import { Path, Plain, PlainMap, formatPath, isMap, isText, textAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import {
  credentialField,
  credentialIn,
  credentialInParts,
  isAccessKeyId,
  isMailUserField,
} from "../shared/credentials";
import { own } from "../shared/own";
import { secretType } from "../facts/types";

const properties = {
  allowedTypes: listProperty(
    [],
    "Additional resource types that are intended for credentials, such as `vault:index/kvSecret:KvSecret`.",
  ),
};

export const noPlaintextCredentials = resourcePolicy({
  name: "no-plaintext-credentials",
  description: "Credentials are only in resources that are intended for them.",
  why: "Every user with read access to the cluster or the preview can read chart values, ConfigMaps and annotations.",
  remediation:
    "create a Kubernetes Secret with the value, and refer to that Secret by name; a Pulumi program reads the value with `config.requireSecret`, after `pulumi config set --secret`",
  severity: "critical",
  annotations: "forbidden",
  config: properties,
  nested: "none",
  appliesTo: () => true,
  check,
});

function check(resource: Resource, { allowedTypes }: ConfigOf<typeof properties>): Finding[] {
  if (allowedTypes.includes(resource.type)) return [];
  const findings: Finding[] = [];
  const isKubernetes = resource.type.startsWith("kubernetes:");
  /** Path of the current value. All values share one mutable list, because few of them have findings. */
  const path: (string | number)[] = [];
  const report = (kind: string | undefined, ...inside: Path): void => {
    if (kind === undefined) return;
    findings.push({
      path: [...path, ...inside],
      problem: `${withArticle(kind)} is in plain text`,
      bound: "only in the data of a Secret, or in a secret store",
      fix: "create a Kubernetes Secret with the value, and refer to that Secret by name; a Pulumi program reads the value with config.requireSecret, after pulumi config set --secret",
    });
  };
  const walkInside = (key: string | number, value: Plain): void => {
    path.push(key);
    walk(value);
    path.pop();
  };
  const walk = (value: Plain): void => {
    if (typeof value === "string") {
      const kind = credentialIn(value) ?? fieldKind(path, value, isKubernetes);
      report(kind ?? namedValuesIn(value));
    } else if (Array.isArray(value)) {
      walkParts(value, () =>
        (value as Plain[]).forEach((item, index, items) => {
          walkInside(index, item);
          report(argumentKind(items[index - 1], item), index);
        }),
      );
    } else if (isMap(value)) {
      const map = withoutMailUsers(value, path);
      walkParts(Object.values(map), () => walkMap(map));
    }
  };
  /**
   * Reports a credential in the concatenated parts, unless `walkEach` already reports one in a single
   * part.
   */
  const walkParts = (parts: Plain[], walkEach: () => void): void => {
    const known = findings.length;
    walkEach();
    if (findings.length === known) report(credentialInParts(parts.filter(isText)));
  };
  const walkMap = (map: PlainMap): void => {
    const kind = namedValueKind(map);
    report(kind, "value");
    for (const [key, item] of Object.entries(map)) {
      const keyKind = credentialIn(key);
      report(keyKind && `${keyKind} as a key`);
      // The value of a named credential has already been reported.
      if (kind === undefined || key !== "value") walkInside(key, item);
    }
  };
  walkMap(withoutVaults(resource));
  return findings;
}

/**
 * Removes the usernames of mail servers. An Amazon SES username is an access key ID, which is useless
 * without the password.
 */
function withoutMailUsers(map: PlainMap, path: Path): PlainMap {
  if (!Object.values(map).some(isAccessKeyId)) return map;
  return Object.fromEntries(
    Object.entries(map).filter(
      ([key, value]) => !(isAccessKeyId(value) && isMailUserField(formatPath([...path, key]))),
    ),
  );
}

/** Returns the kind of credential in the variables of a JSON text, such as ECS container definitions. */
function namedValuesIn(text: string): string | undefined {
  // Parsing is slow, and few texts name a credential.
  if (!/^\s*[[{]/.test(text) || !namedCredential.test(text)) return undefined;
  const walk = (value: Plain): string | undefined => {
    if (Array.isArray(value)) return firstOf(value, walk);
    if (!isMap(value)) return undefined;
    return namedValueKind(value) ?? firstOf(Object.values(value), walk);
  };
  try {
    return walk(JSON.parse(text) as Plain);
  } catch {
    return undefined;
  }
}

const namedCredential =
  /"(?:name|key)"\s{0,9}:\s{0,9}"[^"]{0,60}(?:pass|pwd|pw|token|secret|key|credential)/i;

function firstOf(values: Plain[], read: (value: Plain) => string | undefined): string | undefined {
  for (const value of values) {
    const result = read(value);
    if (result !== undefined) return result;
  }
  return undefined;
}

/**
 * Returns the kind of credential that a field's name indicates. Providers mark top-level secrets
 * themselves.
 */
function fieldKind(path: Path, value: string, isKubernetes: boolean): string | undefined {
  if (path.length < 2 && !isKubernetes) return undefined;
  const name = path.findLast((key) => typeof key === "string");
  return typeof name === "string" ? credentialField(name, value) : undefined;
}

/** Returns the kind of credential in an argument that follows its flag: `["--password", "…"]`. */
function argumentKind(flag: Plain, value: Plain): string | undefined {
  if (!isText(flag) || !isText(value) || !/^--?[A-Za-z][\w.-]*$/.test(flag)) return undefined;
  return value.startsWith("-") ? undefined : credentialField(flag, value);
}

/** Returns the kind of credential in a variable or parameter: `{name: "DB_PASSWORD", value: "…"}`. */
function namedValueKind(map: PlainMap): string | undefined {
  const name = textAt(map, "name") ?? textAt(map, "key");
  const value = textAt(map, "value");
  return name === undefined || value === undefined ? undefined : credentialField(name, value);
}

/** Properties that are intended for credentials, by resource type. */
const vaults: Record<string, string[]> = {
  // Only the cluster's controller can decrypt a SealedSecret.
  "kubernetes:bitnami.com/v1alpha1:SealedSecret": ["spec"],
  [secretType]: ["data", "stringData"],
  "kubernetes:core/v1:SecretPatch": ["data", "stringData"],
  "aws:secretsmanager/secretVersion:SecretVersion": ["secretString", "secretBinary"],
  "gcp:secretmanager/secretVersion:SecretVersion": ["secretData"],
  "azure-native:keyvault:Secret": ["properties"],
};

/** Returns a resource's properties, except those intended for credentials. */
function withoutVaults({ type, props }: Resource): PlainMap {
  if (!isMap(props)) return {};
  return Object.fromEntries(
    Object.entries(props).filter(([property]) => !isVault(type, property, props)),
  );
}

function isVault(type: string, property: string, props: PlainMap): boolean {
  if (/^(random|tls):/.test(type)) return true;
  if (own(vaults, type)?.includes(property)) return true;
  // Providers receive their credentials as inputs.
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
