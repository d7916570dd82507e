import { isDeepStrictEqual } from "node:util";
import { groupBy } from "../../components/shared/groupBy";
import { secrets as allSecrets } from "../../components/secrets/secrets";
import {
  type Action,
  type ResourceDifference,
  resourceDifferences,
} from "../../preview/compare/resources";
import { firstOf } from "../../preview/output/firstOf";
import type { ResourceEntry } from "../../preview/compare/state";
import { parsePath } from "../../preview/config/configPath";
import { count } from "../../preview/output/count";
import { configurationRows } from "../../stacks/config/documentation";
import type { RecordedResource, Recording } from "../support/mocks";
import { runProgram } from "../support/runProgram";
import { secrets, shippedConfig } from "../support/stackConfig";
import { settingSamples } from "./settingSamples";

/** The settings of each table in `docs/configuration.md`. A map or a list with a meaning is one setting. */
export function settingsByTable(): [table: string, settings: string[]][] {
  return Object.entries(configurationRows()).map(([table, rows]) => {
    const keys = rows.map(({ key }) => key);
    const isPart = (key: string): boolean =>
      keys.some((other) => key.startsWith(`${other}.`) || key.startsWith(`${other}[].`));
    return [table, keys.filter((key) => !isPart(key))];
  });
}

/** What a change of a setting does to the deployed stack `prod`. */
interface Effect {
  /** Releases to upgrade, with the maps of their values that change. */
  releases: string[];
  /** What happens to other resources. */
  others: string[];
}

/** The effect of the sample of a setting. */
export async function settingEffect(setting: string): Promise<Effect> {
  const { requires = {} } = settingSamples[setting]!;
  const base = Object.entries(requires).reduce(withSetting, { ...deployed });
  const changed = withSample(base, setting);
  const [before, after] = [await recorded(base), await recorded(changed)];
  const forth = differencesOf(before, after);
  if (await isRefused(changed, before, after)) {
    return { releases: [], others: ["refused by the program"] };
  }
  const refused = forth.filter(({ action }) => action === "refused");
  if (refused.length > 0) return { releases: [], others: actionTexts(refused) };
  const others = forth.filter((each) => !isUpgrade(each) && !isProvider(each));
  const back = differencesOf(after, before).filter(
    ({ action }) => action === "kept" || action === "refused",
  );
  return {
    releases: forth.filter(isUpgrade).map(upgradeText),
    others: [
      ...(forth.some(isProvider)
        ? ["replaces every Kubernetes object if it points to another cluster"]
        : []),
      ...actionTexts(others),
      ...unprotected(before, after),
      ...actionTexts(back).map((text) => `back: ${text}`),
    ],
  };
}

/** Options of resources are not inputs, and only the engine reads them. */
function unprotected(before: Recording, after: Recording): string[] {
  const isProtected = ({ resources }: Recording) =>
    new Set(resources.filter(({ options }) => options.protect).map(({ urn }) => urn));
  const remaining = isProtected(after);
  const urns = new Set(after.resources.map(({ urn }) => urn));
  const lost = [...isProtected(before)].filter((urn) => urns.has(urn) && !remaining.has(urn));
  return lost.length === 0 ? [] : [`unprotects ${count(lost.length, "resource")}`];
}

type Values = Record<string, unknown>;

/** The configuration of the deployed stack, without the namespace of its keys. */
const deployed: Values = Object.fromEntries(
  Object.entries({ ...shippedConfig("prod"), ...secrets.prod }).flatMap(([key, value]) =>
    key.startsWith("monitoring:") ? [[key.slice("monitoring:".length), value]] : [],
  ),
);

/** The value of a setting in the deployed configuration, if it is there. */
export function deployedValue(setting: string): unknown {
  return parsePath(pathOf(setting)).reduce<unknown>(
    (value, name) => (value as Values | undefined)?.[name],
    deployed,
  );
}

/** Path of the sample: of the first service, and of the team `payments`. */
function pathOf(setting: string): string {
  return setting.replace("services[].", "services[0].").replace("<team>", "payments");
}

/** The values with the value of a setting at its path in `docs/configuration.md`. */
export function withSample(values: Values, setting: string): Values {
  return withSetting(values, [pathOf(setting), settingSamples[setting]?.value]);
}

function withSetting(values: Values, [path, value]: [path: string, value: unknown]): Values {
  return setAt(values, parsePath(path), value) as Values;
}

function setAt(container: unknown, [head, ...rest]: (string | number)[], value: unknown): unknown {
  if (head === undefined) return value;
  if (typeof head === "number") {
    return (container as unknown[]).map((item, index) =>
      index === head ? setAt(item, rest, value) : item,
    );
  }
  const { [head]: current, ...others } = (container ?? {}) as Values;
  const next = setAt(current, rest, value);
  return next === undefined ? others : { ...others, [head]: next };
}

const runs = new Map<string, Promise<Recording>>();

/** The resources with a configuration. Runs each configuration once. */
function recorded(values: Values): Promise<Recording> {
  const key = JSON.stringify(values);
  const run = runs.get(key) ?? runProgram("prod", changesTo(values));
  runs.set(key, run);
  return run;
}

function changesTo(values: Values): Values {
  const removed = Object.keys(deployed).filter((name) => !(name in values));
  return { ...Object.fromEntries(removed.map((name) => [name, undefined])), ...values };
}

function differencesOf(before: Recording, after: Recording): ResourceDifference[] {
  const entries = ({ resources }: Recording) => ({ resources: resources.map(entryOf) });
  return resourceDifferences(entries(before), entries(after)).filter(
    ({ resource }) => !isMemory(resource),
  );
}

function entryOf({ urn, type, name, external, options, inputs }: RecordedResource): ResourceEntry {
  const { protect, retainOnDelete } = options;
  return { urn, type, name, external, protect, retainOnDelete, inputs };
}

/** Whether a resource only remembers settings, to refuse changes that would lose data. */
function isMemory({ type }: { type: string }): boolean {
  return type === "random:index/randomUuid:RandomUuid";
}

/** Whether the program refuses to update the deployed stack, which knows the settings that it remembers. */
async function isRefused(values: Values, before: Recording, after: Recording): Promise<boolean> {
  const keepers = ({ resources }: Recording) =>
    new Map(
      resources.filter(isMemory).map(({ urn, inputs }) => [urn, inputs["keepers"] as unknown]),
    );
  const [remembered, planned] = [keepers(before), keepers(after)];
  const isSame = [...planned].every(
    ([urn, settings]) => !remembered.has(urn) || isDeepStrictEqual(remembered.get(urn), settings),
  );
  if (isSame) return false;
  const computed = (resource: RecordedResource): Values =>
    remembered.has(resource.urn) ? { keepers: remembered.get(resource.urn) } : {};
  try {
    await runProgram("prod", changesTo(values), { computed });
    return false;
  } catch (error) {
    const { message } = error as Error;
    if (!/ must stay | would (move|delete) /.test(message)) throw error;
    return true;
  }
}

function isUpgrade({ resource, action }: ResourceDifference): boolean {
  return resource.type === "kubernetes:helm.sh/v3:Release" && action === "updated";
}

/** A provider of another cluster replaces all of its objects. */
function isProvider({ resource }: ResourceDifference): boolean {
  return resource.type === "pulumi:providers:kubernetes";
}

/** ``prometheus: `grafana.sidecar`, `prometheus.prometheusSpec` ``. */
function upgradeText({ resource, paths }: ResourceDifference): string {
  const values = paths
    .filter((path) => path.startsWith("values."))
    .map((path) => path.split(".").slice(1, 3).join("."));
  const others = paths.filter((path) => !path.startsWith("values."));
  const inputs = [...new Set([...others.map((path) => path.split(".")[0]!), ...values])];
  const shown = inputs.map((input) => `\`${input}\``);
  return `${String(resource.inputs["name"])}: ${firstOf(shown, 3)}`;
}

const verbs: Record<Action, string> = {
  created: "creates",
  updated: "updates",
  replaced: "replaces",
  deleted: "deletes",
  kept: "keeps",
  refused: "refused, because protected:",
};

/** `replaces 9 ConfigMaps`, `creates Secret a, Secret b`, in the order of the actions above. */
function actionTexts(differences: ResourceDifference[]): string[] {
  return (Object.keys(verbs) as Action[]).flatMap((action) => {
    const resources = differences.filter((each) => each.action === action);
    const byKind = groupBy(resources, ({ resource }) => kindOf(resource));
    if (byKind.length === 0) return [];
    const kinds = byKind.map(([kind, [first, ...rest]]) =>
      rest.length === 0 ? `${kind} \`${first!.resource.name}\`` : plural(rest.length + 1, kind),
    );
    return [`${verbs[action]} ${firstOf(kinds, 4)}`];
  });
}

/** `ConfigMap`, `S3 Bucket`. */
function kindOf({ type }: ResourceEntry): string {
  const [, module = "", kind = ""] = type.split(":");
  return type.startsWith("aws:") ? `${module.split("/")[0]!.toUpperCase()} ${kind}` : kind;
}

function plural(number: number, kind: string): string {
  return `${number} ${kind.replace(/y$/, "ie").replace(/s$/, "se")}s`;
}

/** The tables of all effects, between the markers `<!-- effects -->` and `<!-- end -->`. */
export async function withSettingEffects(page: string): Promise<string> {
  const { stackTraceLimit } = Error;
  // The SDK records a stack trace for each promise, which would take half of the time.
  Error.stackTraceLimit = 0;
  try {
    const sections = await effectTables();
    return page.replace(
      /(<!-- effects -->\n)[^]*?(<!-- end -->)/,
      (_all, start, end) => `${start}\n${sections.join("\n\n")}\n\n${end}`,
    );
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

async function effectTables(): Promise<string[]> {
  const sections: string[] = [];
  for (const [table, settings] of settingsByTable()) {
    const rows: string[][] = [];
    for (const setting of settings) {
      const { releases, others } = await settingEffect(setting);
      const cells = [releases, others].map((texts) => texts.join("; ") || "-");
      rows.push([`\`${setting}\``, shownSample(setting), ...cells]);
    }
    const header = [
      ["setting", "changed to", "upgrades", "other resources"],
      ["---", "---", "---", "---"],
    ];
    sections.push(
      `### ${headingOf(table)}`,
      [...header, ...rows]
        .map((row) => `| ${row.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`)
        .join("\n"),
    );
  }
  return sections;
}

/** `Existing Prometheus` for the table `existingPrometheus`. */
function headingOf(table: string): string {
  return table.replace(/^./, (first) => first.toUpperCase()).replace(/(?<=[a-z])(?=[A-Z])/g, " ");
}

function shownSample(setting: string): string {
  const { value } = settingSamples[setting]!;
  const isSecret = allSecrets.some(({ key }) => key === setting);
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return isSecret || text.length > 40 ? "another" : `\`${text}\``;
}
