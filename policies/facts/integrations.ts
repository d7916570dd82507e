import { own } from "../shared/own";
import type { SecretKeys } from "./secrets";
import {
  Plain,
  PlainMap,
  at,
  entriesAt,
  hasUnknown,
  isMap,
  isPresent,
  isSet,
  isText,
  listAt,
  textAt,
} from "./plain";
import { hasExampleHost, hostOf, isLoopback, isPrivateHost } from "./address";

/** An integration of a receiver. */
export interface Integration {
  /** `slack`, `webhook`, `pagerduty`. */
  kind: string;
  /** `receivers[1].slack_configs[0]`. */
  where: string;
  /** Channel of a Slack integration. */
  channel?: string;
  /** Why the integration cannot send notifications; undefined if its address is usable. */
  obstacle: string | undefined;
  toSlack: boolean;
  sendsResolved: boolean;
}

const slackTokens = ["app_token", "app_token_file"];
const slackFields = ["api_url", "api_url_file", ...slackTokens];

/**
 * Address fields of each kind of integration. At least one of them must be set, either in the
 * integration or, for some kinds, in `global`.
 */
const addressFields: Record<string, string[]> = {
  slack: [...slackFields, "http_config"],
  webhook: ["url", "url_file", "url_secret"],
  msteams: ["webhook_url", "webhook_url_file"],
  msteamsv2: ["webhook_url", "webhook_url_file"],
  discord: ["webhook_url", "webhook_url_file"],
  pagerduty: ["routing_key", "routing_key_file", "service_key", "service_key_file"],
  opsgenie: ["api_key", "api_key_file"],
  email: ["to"],
  telegram: ["bot_token", "bot_token_file"],
  pushover: ["token", "token_file"],
  victorops: ["api_key", "api_key_file"],
  sns: ["topic_arn", "target_arn", "phone_number"],
};
/** Fields that an integration requires in addition to an address. */
const requiredFields: Record<string, string[]> = { email: ["smarthost", "from"] };
/** Kinds whose fields can be set in `global`, with the prefix that the fields have there. */
const globalPrefixes: Record<string, string> = {
  slack: "slack_",
  opsgenie: "opsgenie_",
  email: "smtp_",
  telegram: "telegram_",
  victorops: "victorops_",
};
/** Fields that contain the integration's server, in addition to its address or credential. */
const serverFields = ["url", "api_url", "smarthost"];

/** PagerDuty severities, or a template, which can produce any of them. */
const pagerdutySeverity = /^(critical|error|warning|info|)$|\{\{/;
const slackMethod = /slack\.com\/api\//;

/** Where Alertmanager looks for credentials. */
export interface CredentialSources {
  /** `AlertmanagerSpec`, which can mount files. */
  spec?: Plain;
  /** Keys of the stack's Secrets. */
  secretKeys?: SecretKeys;
}

/** Returns a receiver's integrations. */
export function integrationsOf(
  config: PlainMap,
  receiver: string,
  sources: CredentialSources = {},
): Integration[] {
  return listAt(config, "receivers").flatMap((candidate, index) => {
    if (textAt(candidate, "name") !== receiver) return [];
    return entriesAt(candidate).flatMap(([key, list]) => {
      const kind = /^(\w+)_configs$/.exec(key)?.[1];
      if (kind === undefined) return [];
      const resolvedByDefault = !/^(slack|email|wechat|rocketchat)$/.test(kind);
      return listAt(list).map((integration, position) => {
        const channel = kind === "slack" ? textAt(integration, "channel") : undefined;
        return {
          kind,
          where: `receivers[${index}].${key}[${position}]`,
          ...(channel === undefined ? {} : { channel }),
          obstacle: obstacleOf(config, kind, integration, sources),
          toSlack: kind === "slack" || /hooks\.slack/i.test(textAt(integration, "url") ?? ""),
          sendsResolved: (at(integration, "send_resolved") ?? resolvedByDefault) === true,
        };
      });
    });
  });
}

function obstacleOf(
  config: PlainMap,
  kind: string,
  integration: Plain,
  sources: CredentialSources,
) {
  const fields = own(addressFields, kind);
  if (!isPresent(integration)) return "it has no settings";
  if (fields === undefined) return undefined;
  const valuesOf = (source: Plain, prefix = ""): [string, unknown][] =>
    fields
      .map((field): [string, unknown] => [`${prefix}${field}`, at(source, `${prefix}${field}`)])
      .filter(([, value]) => isSet(value));
  const values = valuesOf(integration);
  const prefix = own(globalPrefixes, kind);
  if (values.length === 0 && prefix !== undefined)
    values.push(...valuesOf(at(config, "global"), prefix));
  if (values.length === 0) return "it has no address";
  const obstacles = values.map(
    ([field, value]) =>
      obstacleIn(field, value, sources) ?? foreignFormat(kind, field, value, integration),
  );
  if (!obstacles.includes(undefined)) return obstacles[0];
  if (kind === "email" && at(integration, "require_tls") === false) return "require_tls is false";
  const read = (field: string): unknown =>
    at(integration, field) ?? (prefix && at(config, "global", `${prefix}${field}`));
  const missing = own(requiredFields, kind)?.find((field) => !isSet(read(field)));
  if (missing !== undefined) return `it has no ${missing}`;
  if (kind === "email" && values.some(([, to]) => isText(to) && to.includes(";"))) {
    return "to separates addresses with ; instead of a comma";
  }
  const server = read("smarthost");
  if (kind === "email" && isText(server) && !/:\w+$/.test(server)) return "smarthost has no port";
  const files = [integration, kind === "email" ? at(config, "global") : undefined].flatMap(filesIn);
  const lost = files.find(([, file]) => isMounted(file, sources) === false);
  if (lost !== undefined) return `the file in ${lost[0]} is not mounted`;
  const severity = at(integration, "severity");
  if (kind === "pagerduty" && isText(severity) && !pagerdutySeverity.test(severity)) {
    return `PagerDuty does not support the severity ${severity}`;
  }
  const channel = at(integration, "channel");
  if (kind === "slack" && isText(channel) && /^https?:/.test(channel)) return "channel is a URL";
  const slackUrl = read("api_url");
  const hasToken = slackTokens.some((field) => read(field) !== undefined);
  if (kind === "slack" && isText(slackUrl) && slackMethod.test(slackUrl)) {
    if (!hasToken && at(integration, "http_config") === undefined) {
      return "api_url is a method of Slack's API, which requires a token";
    }
  }
  const badField = serverFields.find((field) => isBadServer(read(field)));
  return badField && `${badField} is not an encrypted address outside the pod`;
}

/** Returns the files that settings refer to in fields such as `credentials_file`. */
function filesIn(settings: Plain): [field: string, file: string][] {
  return entriesAt(settings).flatMap(([key, value]): [string, string][] => {
    if (typeof value !== "string") return filesIn(value);
    return key.endsWith("_file") ? [[key, value]] : [];
  });
}

function isBadServer(value: unknown): boolean {
  if (typeof value !== "string") return false;
  const url = value.includes("://") ? value : `smtp://${value}`;
  return isUnreachable(url) || isPlainHttp(url);
}

/** Whether an address is plain HTTP to an external host. */
function isPlainHttp(value: string): boolean {
  return /^http:\/\//i.test(value.trim()) && !isPrivateHost(value);
}

function obstacleIn(field: string, value: unknown, sources: CredentialSources): string | undefined {
  const [name, key] = [textAt(value, "name") ?? "", textAt(value, "key") ?? ""];
  if (sources.secretKeys?.(name)?.has(key) === false)
    return `the Secret in ${field} does not have the referenced key`;
  if (typeof value !== "string") return undefined;
  if (isPlaceholder(value)) return `${field} is a placeholder`;
  if (field.endsWith("_file")) {
    return isMounted(value, sources) === false ? `the file in ${field} is not mounted` : undefined;
  }
  return isUnreachable(value) ? `${field} is not an address outside the pod` : undefined;
}

/** APIs that reject the webhook integration's default payload. */
const ownFormat =
  /^https:\/\/(?:hooks\.slack(?:-gov)?\.com|discord(?:app)?\.com\/api\/webhooks|[\w-]+\.webhook\.office\.com|chat\.googleapis\.com|events\.(?:eu\.)?pagerduty\.com\/v2|api\.(?:eu\.)?opsgenie\.com(?!\/v2\/heartbeats\/)|api\.telegram\.org)/i;

/** Teams workflows, which replaced connectors and expect a different payload. */
const workflow = /^https:\/\/[\w.-]+\.(?:logic\.azure\.com|powerplatform\.com)[:/]/i;

function foreignFormat(
  kind: string,
  field: string,
  value: unknown,
  integration: Plain,
): string | undefined {
  if (typeof value !== "string" || !/(^|_)url$/.test(field)) return undefined;
  if (!/^https?:\/\//i.test(value.trim()) && !value.includes("{{")) return `${field} has no scheme`;
  if (kind === "msteams" && workflow.test(value)) {
    return `${field} is the URL of a Teams workflow, which requires msteamsv2_configs`;
  }
  const hasDefaultPayload = kind === "webhook" && at(integration, "payload") === undefined;
  return hasDefaultPayload && ownFormat.test(value)
    ? `${field} points to a service that does not accept Alertmanager's webhook format`
    : undefined;
}

/** Folders where the operator mounts the Secrets and ConfigMaps that the spec lists. */
const mounts: [folder: string, field: string][] = [
  ["/etc/alertmanager/secrets/", "secrets"],
  ["/etc/alertmanager/configmaps/", "configMaps"],
];

/** Whether Alertmanager's pod mounts a file; undefined if that is unknown. */
function isMounted(file: string, { spec, secretKeys }: CredentialSources): boolean | undefined {
  if (!isMap(spec) || hasUnknown([spec["secrets"], spec["configMaps"], spec["volumeMounts"]])) {
    return undefined;
  }
  const isInVolume = listAt(spec, "volumeMounts").some((mount) =>
    file.startsWith(textAt(mount, "mountPath") ?? "/"),
  );
  const [folder, field] = mounts.find(([path]) => file.startsWith(path)) ?? [];
  if (isInVolume || folder === undefined || field === undefined) return isInVolume || undefined;
  const [name = "", key = ""] = file.slice(folder.length).split("/");
  const isLacking = field === "secrets" && secretKeys?.(name)?.has(key) === false;
  return listAt(spec, field).includes(name) && !isLacking;
}

/** The folder with the chart's configuration and templates. */
const configFolder = "/etc/alertmanager/config/";

/** Whether a file's folder exists in Alertmanager's pod; undefined if that is unknown. */
export function hasFolder(file: string, spec: Plain): boolean | undefined {
  if (!isMap(spec) || hasUnknown(spec)) return undefined;
  // The spec can patch the containers and mount additional folders.
  if (file.startsWith(configFolder) || listAt(spec, "containers").length > 0) return true;
  return isMounted(file, { spec }) ?? false;
}

/** Whether an address is null or points to the sender's own host. */
function isUnreachable(value: string): boolean {
  if (!value.includes("://")) return false;
  return isLoopback(value) || /^(?:|null|(?:.*\.)?invalid|0\.0\.0\.0|\[::\])$/.test(hostOf(value));
}

/**
 * Whether a value is a placeholder, such as `https://hooks.slack.com/services/YOUR/SLACK/WEBHOOK`, or a
 * variable, which Alertmanager does not expand.
 */
function isPlaceholder(value: string): boolean {
  return (
    /\bYOUR[/_-]|<[^>]+>|CHANGE_?ME|REPLACE_?ME|\bTODO\b/i.test(value) ||
    /X{8}|\$\{\w+\}|^\$\w+$/.test(value) ||
    hasExampleHost(value)
  );
}
