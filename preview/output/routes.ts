/** A node of Alertmanager's routing tree, as far as routing goes. */
interface Route {
  receiver?: string;
  matchers?: string[];
  continue?: boolean;
  routes?: Route[];
}

interface Receiver {
  name: string;
  slack_configs?: { channel?: string }[];
}

export interface AlertmanagerConfig {
  route?: Route;
  receivers?: Receiver[];
}

/** Where alerts with these labels end up: `#channel` for Slack, else the kind of the receiver. */
export function destinationsOf(
  config: AlertmanagerConfig,
  labels: Record<string, string>,
): string[] {
  const names = config.route === undefined ? [] : receiversOf(config.route, labels, undefined);
  const receivers = new Map(config.receivers?.map((receiver) => [receiver.name, receiver]));
  return [...new Set(names.flatMap((name) => kindsOf(receivers.get(name))))];
}

function receiversOf(
  route: Route,
  labels: Record<string, string>,
  inherited: string | undefined,
): string[] {
  const receiver = route.receiver ?? inherited;
  const reached: string[] = [];
  for (const child of route.routes ?? []) {
    if (!(child.matchers ?? []).every((matcher) => matches(matcher, labels))) continue;
    reached.push(...receiversOf(child, labels, receiver));
    if (child.continue !== true) break;
  }
  if (reached.length > 0 || receiver === undefined) return reached;
  return [receiver];
}

/** `severity=~"critical|warning"`; a label that is missing counts as empty. */
function matches(matcher: string, labels: Record<string, string>): boolean {
  const parsed = /^\s*([\w.]+)\s*(=~|!~|!=|=)\s*"?(.*?)"?\s*$/.exec(matcher);
  const [, label = "", operator = "", wanted = ""] = parsed ?? [];
  const value = labels[label] ?? "";
  const isMatch = operator.endsWith("~")
    ? new RegExp(`^(?:${wanted})$`).test(value)
    : value === wanted;
  return operator.startsWith("!") ? !isMatch : isMatch;
}

function kindsOf(receiver: Receiver | undefined): string[] {
  if (receiver === undefined) return ["an unknown receiver"];
  const kinds = Object.entries(receiver).flatMap(([key, configs]) => {
    if (!key.endsWith("_configs") || !Array.isArray(configs)) return [];
    if (key !== "slack_configs") return key.replace("_configs", "");
    return (configs as { channel?: string }[]).map(({ channel }) => channel ?? "slack");
  });
  return kinds.length > 0 ? kinds : ["nobody"];
}
