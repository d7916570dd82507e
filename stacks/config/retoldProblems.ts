import { Problem, unknownKey } from "../../components/shared/problems";
import { formatPath } from "../../policies/shared/path";
import { datadogSchema } from "../../components/datadog/settings";
import { datadogMonitorsSchema } from "../../components/datadog/monitors/settings";
import { lokiSchema } from "../../components/loki/settings";
import { prometheusSchema } from "../../components/prometheus/settings";
import { slackSchema } from "../../components/slack/settings";
import { ChartPart, reserved, valuesKeys } from "./parts";
import { SecretKey, secrets } from "../../components/shared/secrets";
import { Configuration, configurationSchema } from "./schema";

/** Arguments of components that are secrets of the configuration. */
const secretArguments = new Map<unknown, SecretKey>(
  secrets.map(({ argument, key }) => [argument, key]),
);

/** Arguments of Slack that are settings of other parts. */
const addresses = new Map<unknown, string>([
  ["grafanaUrl", "grafana"],
  ["prometheusUrl", "prometheus"],
  ["alertmanagerUrl", "alertmanager"],
]);

/** A component's problem, told in the keys of the configuration. */
export function retold(part: string, problem: Problem, top: Configuration): Problem {
  const told = amongKeysOfPart(inConfiguration(part, problem), top);
  return ofNumberedDashboards(told, top.grafana["communityDashboards"]);
}

function inConfiguration(part: string, problem: Problem): Problem {
  const [first, ...rest] = problem.path;
  if (part === "dashboards") return inDashboardsFolder(problem);
  if (first === "imageRegistry") return { ...problem, path: ["imageRegistry"] };
  if (first === "runbookBaseUrl" || first === "dashboardBaseUrl") {
    return { ...problem, path: ["alerts", first] };
  }
  if (first === "storageClassName") return { ...problem, path: ["storage", "className"] };
  const address = addresses.get(first);
  if (part === "slack" && address !== undefined) {
    return { ...problem, path: [address, "externalUrl"] };
  }
  if (first === "webhookUrls") return inWebhooks(problem);
  const secret = secretArguments.get(first);
  if (secret !== undefined) {
    const given = problem.value !== undefined;
    return { path: [secret], rule: problem.rule, fix: given ? { kind: "remove" } : problem.fix };
  }
  const atTop = part === "services" || first === "alertmanager" || first === "grafana";
  return {
    ...problem,
    path: atTop && first !== undefined ? [first, ...rest] : [part, ...problem.path],
  };
}

/** A webhook of one channel: set by its path, as no other secret is. */
function inWebhooks({ path: [, ...channel], rule, fix }: Problem): Problem {
  const path = ["slackWebhookUrls", ...channel];
  if (fix.kind === "remove") return { path, rule, fix };
  const text = `pulumi config set --secret --path 'monitoring:${formatPath(path)}'`;
  return { path, rule, fix: { kind: "do", text } };
}

/** What is wrong is a file or the folder itself, but what the configuration says is the folder. */
function inDashboardsFolder({ path, rule, fix }: Problem): Problem {
  return {
    path: ["grafana", "dashboardsFolder"],
    rule: `(${path.join("/")}) ${rule}`,
    fix,
  };
}

/** A dashboard given by its number alone has no fields that a message could name. */
function ofNumberedDashboards(problem: Problem, given: unknown): Problem {
  const [grafana, list, index, field] = problem.path;
  if (grafana !== "grafana" || list !== "communityDashboards") return problem;
  if (typeof index !== "number" || field === undefined || !Array.isArray(given)) return problem;
  const id = given[index] as unknown;
  if (typeof id !== "number") return problem;
  const path = [grafana, list, index];
  if (field !== "revision") return { ...problem, path };
  return {
    path,
    value: id,
    rule: problem.rule.replace("is required", "needs a revision"),
    fix: { kind: "do", text: `write {id: ${id}, revision: 1} into the stack's file` },
  };
}

const schemas = {
  prometheus: prometheusSchema,
  loki: lokiSchema,
  datadog: datadogSchema,
  datadogMonitors: datadogMonitorsSchema,
  slack: slackSchema,
};

/** A component knows arguments that the stack gives it; in the configuration they are no keys. */
function amongKeysOfPart(problem: Problem, top: Configuration): Problem {
  const part = String(problem.path[0]) as keyof typeof schemas;
  if (!isUnknownKey(problem) || problem.path.length !== 2 || !Object.hasOwn(schemas, part)) {
    return problem;
  }
  const known = [
    ...Object.keys(schemas[part].shape).filter((key) => !Object.hasOwn(reserved, key)),
    ...Object.keys(part in valuesKeys ? valuesKeys[part as ChartPart] : {}),
  ];
  return unknownKey(problem.path, problem.value, known, Object.keys(top[part] ?? {}));
}

/** The secrets are keys of the configuration too. */
export function amongKeysOfStack(
  problem: Problem,
  given: { values: Record<string, unknown>; secrets: SecretKey[] },
): Problem {
  if (!isUnknownKey(problem) || problem.path.length !== 1) return problem;
  const known = [...Object.keys(configurationSchema.shape), ...secrets.map((secret) => secret.key)];
  return unknownKey(problem.path, problem.value, known, [
    ...Object.keys(given.values),
    ...given.secrets,
  ]);
}

function isUnknownKey({ rule }: Problem): boolean {
  return rule.startsWith("is not a known key");
}
