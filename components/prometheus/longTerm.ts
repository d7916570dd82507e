import { z } from "zod";
import { Values } from "../../policies/shared/mergeValues";
import { defined } from "../shared/defined";
import { PolicyDocument, allow, partition, policyDocument, roleName } from "../shared/iam";
import { hasPlaceholder } from "../shared/placeholders";
import { example, issue } from "../shared/problems";
import { hasCredentials, httpUrl, input, onMaps, secretKey } from "../shared/schemas";
import { LongTermKind } from "./enums";

/** Properties of a kind of store, for the checks, Prometheus and Grafana. */
interface Kind {
  /** Format of `url`. */
  url: { pattern: RegExp; rule: string; example: string };
  /** Returns the URL that receives samples. Default: `url`. */
  writeUrl?: (url: string) => string;
  /** Returns the URL that answers queries, if `url` determines it. */
  queryUrl?: (url: string) => string;
  /** Header that names the tenant. */
  tenantHeader?: string;
  /** Label that the store uses to recognize replicas, if it is not the operator's default. */
  replicaLabel?: string;
  /** Value of `prometheusType` in Grafana. */
  dataSourceType?: string;
}

const workspace =
  /^https:\/\/aps-workspaces\.([a-z0-9-]+)\.amazonaws\.com\/workspaces\/(ws-[a-z0-9-]+)\/?$/;

/** Label that Mimir and Amazon Managed Service for Prometheus use to distinguish replicas. */
const highAvailabilityLabel = "__replica__";

const kinds: Record<LongTermKind, Kind> = {
  amp: {
    url: {
      pattern: workspace,
      rule: "must be the URL of an Amazon Managed Service for Prometheus workspace, without /api",
      example:
        "https://aps-workspaces.us-east-1.amazonaws.com/workspaces/ws-1234abcd-12ab-34cd-56ef-1234567890ab",
    },
    writeUrl: (url) => `${url.replace(/\/$/, "")}/api/v1/remote_write`,
    replicaLabel: highAvailabilityLabel,
  },
  mimir: {
    url: {
      pattern: /\/api\/v1\/push$|\/api\/prom\/push$/,
      rule: "must be Mimir's remote-write URL, which ends with /api/v1/push",
      example: "https://mimir.example.com/api/v1/push",
    },
    queryUrl: (url) =>
      url.replace(/\/api\/prom\/push$/, "/api/prom").replace(/\/api\/v1\/push$/, "/prometheus"),
    tenantHeader: "X-Scope-OrgID",
    replicaLabel: highAvailabilityLabel,
    dataSourceType: "Mimir",
  },
  thanos: {
    url: {
      pattern: /\/api\/v1\/receive$/,
      rule: "must be the URL of Thanos Receive, which ends with /api/v1/receive",
      example: "http://thanos-receive.thanos.svc.cluster.local:19291/api/v1/receive",
    },
    tenantHeader: "THANOS-TENANT",
    dataSourceType: "Thanos",
  },
  remoteWrite: {
    url: {
      pattern: /^https?:\/\/[^/]+\/./,
      rule: "must include the API path, such as /api/v1/write",
      example: "https://metrics.example.com/api/v1/write",
    },
  },
};

export const longTermSchema = z
  .strictObject({
    kind: z
      .enum(LongTermKind)
      .describe(
        "Amazon Managed Service for Prometheus, Mimir (including Grafana Cloud), Thanos Receive, or any other store that supports remote write.",
      ),
    url: input(
      example(httpUrl, kinds.mimir.url.example).describe(
        "Remote-write URL, or the workspace URL for `amp`.",
      ),
    ),
    queryUrl: input(
      example(httpUrl, "https://mimir.example.com/prometheus").optional().meta({
        description: "Query URL, for the Grafana data source `Long term`.",
        defaultText: "derived from `url` for `mimir`, otherwise no data source",
      }),
    ),
    tenant: input(
      example(z.string().regex(/^[\w!.*'()-]{1,150}$/, "must be a tenant ID"), "shop")
        .optional()
        .meta({
          description: "Tenant, for `mimir` and `thanos`.",
          defaultText: "the store's default tenant",
        }),
    ),
    basicAuth: z
      .strictObject({
        username: secretKey("long-term", "username"),
        password: secretKey("long-term", "password"),
      })
      .optional()
      .describe("Username and password, in an existing Secret in Prometheus's namespace."),
    bearerToken: secretKey("long-term", "token")
      .optional()
      .describe("Bearer token, in an existing Secret in Prometheus's namespace."),
  })
  .superRefine(checkStore, onMaps);

/** The store that Prometheus also sends its samples to. */
export type LongTermSettings = z.output<typeof longTermSchema>;

const credentials = ["basicAuth", "bearerToken"] as const;

/** Checks settings that only some kinds have. Fields may have failed other checks. */
function checkStore(store: Partial<LongTermSettings>, ctx: z.RefinementCtx): void {
  const { kind, url, tenant, basicAuth, bearerToken } = store;
  for (const key of ["url", "queryUrl"] as const) {
    const value: unknown = store[key];
    if (typeof value !== "string" || !hasCredentials(value)) continue;
    const text = `remove the user from ${key}, and name a Secret in basicAuth`;
    issue(ctx, [key], "must not contain credentials", { kind: "do", text });
  }
  if (kind === undefined || !Object.hasOwn(kinds, kind)) return;
  const { url: form, tenantHeader } = kinds[kind];
  const isUrl = typeof url === "string" && httpUrl.safeParse(url).success;
  if (isUrl && !hasPlaceholder(url) && !form.pattern.test(url)) {
    issue(ctx, ["url"], form.rule, { kind: "set", example: form.example });
  }
  if (tenant !== undefined && tenantHeader === undefined) {
    issue(ctx, ["tenant"], `does not apply to the kind ${kind}`, { kind: "remove" });
  }
  if (kind === LongTermKind.Amp) {
    const rule = "does not apply to the kind amp, which uses an IAM role";
    for (const key of credentials) {
      if (store[key] !== undefined) issue(ctx, [key], rule, { kind: "remove" });
    }
  } else if (basicAuth !== undefined && bearerToken !== undefined) {
    const rule =
      "is not supported together with basicAuth, because a request can have only one Authorization header";
    issue(ctx, ["bearerToken"], rule, { kind: "remove" });
  }
}

/** Settings that determine what Prometheus sends, and the name of its role. */
interface Sender {
  cluster: string;
  namespace: string;
  longTerm?: LongTermSettings | undefined;
}

/** Returns values that make Prometheus send its samples to the store. */
export function remoteWriteValues(sender: Sender): Values {
  const { longTerm } = sender;
  if (longTerm === undefined) return {};
  const { kind, url, basicAuth, bearerToken } = longTerm;
  const { writeUrl, replicaLabel } = kinds[kind];
  const headers = tenantHeader(longTerm);
  const isSigned = kind === LongTermKind.Amp;
  return defined({
    replicaExternalLabelName: replicaLabel,
    // Pods receive their role's credentials only at startup, so changing the role must restart them.
    podMetadata: isSigned
      ? { annotations: { "observability.data/iam-role": workspaceRoleName(sender, url) } }
      : undefined,
    remoteWrite: [
      defined({
        name: "long-term",
        url: writeUrl?.(url) ?? url,
        headers: headers && Object.fromEntries([headers]),
        basicAuth,
        authorization: bearerToken && { credentials: bearerToken },
        sigv4: isSigned ? { region: workspaceOf(url).region } : undefined,
        // Prometheus 3 drops native histograms by default.
        sendNativeHistograms: true,
        // By default, Prometheus drops samples that the store rejects because of a rate limit.
        queueConfig: { retryOnRateLimit: true },
      }),
    ],
  });
}

function tenantHeader({ kind, tenant }: LongTermSettings): [string, string] | undefined {
  const header = kinds[kind].tenantHeader;
  return header === undefined || tenant === undefined ? undefined : [header, tenant];
}

/** Returns the region and ID of an Amazon Managed Service for Prometheus workspace. */
export function workspaceOf(url: string): { region: string; id: string } {
  // If the URL is unknown, each part is unknown.
  const [, region = url, id = url] = workspace.exec(url) ?? [];
  return { region, id };
}

/** Returns the name of the role that Prometheus uses to write to a workspace. */
export function workspaceRoleName({ cluster, namespace }: Sender, url: string): string {
  return roleName("prometheus", { cluster, namespace, region: workspaceOf(url).region });
}

/** Returns a policy that allows Prometheus to write to one workspace. */
export function workspaceAccessPolicy(url: string): PolicyDocument {
  const { region, id } = workspaceOf(url);
  // The URL does not contain the account, but the workspace ID is unique across accounts.
  const arn = `arn:${partition(region)}:aps:${region}:*:workspace/${id}`;
  return policyDocument([allow("WriteSamples", ["aps:RemoteWrite"], arn)]);
}

/** Name and UID of the store's data source in Grafana. */
export const longTermSource = { name: "Long term", uid: "long-term" };

const variables = {
  username: "LONG_TERM_USERNAME",
  password: "LONG_TERM_PASSWORD",
  token: "LONG_TERM_TOKEN",
};

/** Returns the store's data source, or none if its query URL is unknown. */
export function longTermDataSource({
  longTerm: store,
  scrapeIntervalSeconds,
}: {
  longTerm?: LongTermSettings | undefined;
  scrapeIntervalSeconds: number;
}): Values | undefined {
  const url = store && queryUrlOf(store);
  if (store === undefined || url === undefined) return undefined;
  const { kind, basicAuth, bearerToken } = store;
  const { dataSourceType } = kinds[kind];
  const headers = [
    tenantHeader(store),
    bearerToken && ["Authorization", `Bearer $${variables.token}`],
  ].filter((header) => header !== undefined);
  const numbered = (key: string, index: 0 | 1) =>
    Object.fromEntries(headers.map((header, number) => [`${key}${number + 1}`, header[index]]));
  const secureJsonData = {
    ...(basicAuth !== undefined && { basicAuthPassword: `$${variables.password}` }),
    ...numbered("httpHeaderValue", 1),
  };
  return {
    ...longTermSource,
    type: "prometheus",
    access: "proxy",
    url,
    jsonData: {
      httpMethod: "POST",
      timeInterval: `${scrapeIntervalSeconds}s`,
      ...defined({ prometheusType: dataSourceType }),
      ...numbered("httpHeaderName", 0),
    },
    ...(basicAuth !== undefined && { basicAuth: true, basicAuthUser: `$${variables.username}` }),
    ...(Object.keys(secureJsonData).length > 0 && { secureJsonData }),
  };
}

/** Returns the query URL, if the settings determine it. */
export function queryUrlOf({ kind, url, queryUrl }: LongTermSettings): string | undefined {
  return queryUrl ?? kinds[kind].queryUrl?.(url);
}

/** Returns Grafana environment variables with the data source's credentials. */
export function longTermVariables(store: LongTermSettings | undefined): Values {
  if (store === undefined || queryUrlOf(store) === undefined) return {};
  const { basicAuth, bearerToken } = store;
  const references = {
    [variables.username]: basicAuth?.username,
    [variables.password]: basicAuth?.password,
    [variables.token]: bearerToken,
  };
  return Object.fromEntries(
    Object.entries(defined(references)).map(([name, secretKeyRef]) => [name, { secretKeyRef }]),
  );
}

/** Returns the Secret keys that hold the store's credentials. */
export function longTermCredentials(store: LongTermSettings | undefined) {
  const { basicAuth, bearerToken } = store ?? {};
  return [basicAuth?.username, basicAuth?.password, bearerToken].filter((key) => key !== undefined);
}
