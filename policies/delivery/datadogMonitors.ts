import { StackFinding, located } from "../engine/policy";
import { numeral } from "../engine/violation";
import { Plain, UNKNOWN, at, textAt } from "../facts/plain";
import { Resource } from "../facts/resource";

/** Checks that Datadog accepts a monitor, and that the monitor fires and notifies as intended. */
export function checkMonitor(monitor: Resource): StackFinding[] {
  const query = textAt(monitor.props, "query") ?? "";
  return [
    ...checkThresholds(monitor),
    ...checkUnit(monitor),
    ...[
      ...checkWindow(monitor, query),
      ...checkMessage(monitor, query),
      ...checkRenotification(monitor),
    ].map(([key, problem, fix]) => ({
      ...located(monitor, key),
      problem,
      fix,
    })),
  ];
}

type Mistake = readonly [key: string, problem: string, fix: string];

/** Returns the number at a key; NaN if it is unknown or not set. */
function numberAt(props: Plain, key: string): number {
  const value = at(props, key);
  return typeof value === "number" ? value : NaN;
}

const minutesOfUnit: Record<string, number> = { m: 1, h: 60, d: 1440, w: 10_080 };

/** Returns the window of a query such as `avg(last_5m):…`, in minutes. */
function windowMinutes(query: string): number | undefined {
  const [, count = "", unit = ""] = /\(last_(\d+)([mhdw])\)/.exec(query) ?? [];
  const minutes = minutesOfUnit[unit];
  return minutes === undefined ? undefined : Number(count) * minutes;
}

/** Matches metrics that Datadog polls from a cloud API, with a delay of several minutes. */
const ofCloud = /[:(](?:aws|azure|gcp)\.[\w.]+\{/;

function checkWindow({ props }: Resource, query: string): Mistake[] {
  const minutes = windowMinutes(query);
  const isMetric = /^(metric|query) alert$/.test(textAt(props, "type") ?? "");
  if (minutes === undefined) {
    return isMetric && query !== "" && !query.includes("last_")
      ? [
          [
            "query",
            "the query has no time window, so Datadog rejects it",
            "start the query with a window, such as avg(last_5m):",
          ],
        ]
      : [];
  }
  const timeframe = numberAt(props, "noDataTimeframe");
  const mistakes: Mistake[] = [];
  if (at(props, "notifyNoData") === true && timeframe > 0 && timeframe < 2 * minutes) {
    mistakes.push([
      "noDataTimeframe",
      `noDataTimeframe is less than twice the window of ${minutes} minutes, so the monitor reports missing data too early`,
      `set noDataTimeframe: ${2 * minutes}`,
    ]);
  }
  if (ofCloud.test(query) && minutes <= 5 && at(props, "evaluationDelay") === undefined) {
    mistakes.push([
      "evaluationDelay",
      "cloud metrics arrive minutes late, so the window is empty when Datadog evaluates it",
      "set evaluationDelay: 900",
    ]);
  }
  return mistakes;
}

function checkMessage({ props }: Resource, query: string): Mistake[] {
  const message = textAt(props, "message") ?? "";
  const blocks = [...message.matchAll(/\{\{([#^/])\s*(is_\w+)[^}]*\}\}/g)];
  const open: string[] = [];
  const isClosed = blocks.every(([, mark, name = ""]) => {
    if (mark !== "/") return open.push(name) > 0;
    return open.pop() === name;
  });
  const groups = [...query.matchAll(/\bby\s*\{([^}]*)\}/g)].flatMap(([, list = ""]) =>
    list.split(",").map((group) => group.trim()),
  );
  const isOfMetrics = windowMinutes(query) !== undefined && /:[\w.]+\{/.test(query);
  const [missing] = [...message.matchAll(/\{\{\s*([\w-]+)\.name\s*\}\}/g)]
    .map(([, name = ""]) => name)
    .filter((name) => isOfMetrics && !groups.includes(name) && !groups.includes("*"));
  return [
    ...(isClosed && open.length === 0
      ? []
      : [
          [
            "message",
            "a block in the message is not closed, so Datadog does not send its content",
            "close each {{#is_alert}} with {{/is_alert}}",
          ] as const,
        ]),
    ...(missing === undefined
      ? []
      : [
          [
            "message",
            `the query is not grouped by ${missing}, so {{${missing}.name}} is empty`,
            `write by {${[...groups, missing].join(",")}} in the query, or remove the variable`,
          ] as const,
        ]),
  ];
}

/** Reports renotification intervals that look like seconds. The unit is minutes. */
function checkRenotification({ props }: Resource): Mistake[] {
  const minutes = numberAt(props, "renotifyInterval");
  const isInSeconds = minutes >= 1800 && minutes % 1440 !== 0 && minutes % 600 === 0;
  return isInSeconds
    ? [
        [
          "renotifyInterval",
          `renotifyInterval is in minutes, so the monitor notifies again after ${numeral(minutes / 60)} hours`,
          `set renotifyInterval: ${minutes / 60}`,
        ],
      ]
    : [];
}

/** Reports thresholds that contradict the query or each other. Datadog rejects such a monitor. */
function checkThresholds(monitor: Resource): StackFinding[] {
  const { props } = monitor;
  const query = textAt(props, "query") ?? "";
  const [, operator = "", limit = ""] = /(>=?|<=?)\s*(-?\d+(?:\.\d+)?)\s*$/.exec(query) ?? [];
  const read = (key: string) => {
    const value = at(props, "monitorThresholds", key);
    return value === undefined || value === null || value === UNKNOWN ? NaN : Number(value);
  };
  const [critical, warning] = [read("critical"), read("warning")];
  const isContrary = limit !== "" && critical !== Number(limit) && !Number.isNaN(critical);
  const isReversed =
    (operator.startsWith(">") && warning >= critical) ||
    (operator.startsWith("<") && warning <= critical);
  if (!isContrary && !isReversed) return [];
  return [
    {
      ...located(monitor, "monitorThresholds"),
      problem: isContrary
        ? "the critical threshold differs from the threshold in the query, so Datadog rejects the monitor"
        : "the warning threshold is beyond the critical threshold, so Datadog rejects the monitor",
      bound: isContrary
        ? `the threshold in the query, ${limit}`
        : "a warning threshold that is reached before the critical threshold",
      fix: isContrary
        ? `set monitorThresholds.critical to ${limit}, or change the query`
        : "swap the two thresholds, or correct one of them",
    },
  ];
}

/**
 * Checks the unit of a threshold. The Datadog Agent reports CPU usage as a percentage, and disk and
 * memory usage as ratios.
 */
function checkUnit(monitor: Resource): StackFinding[] {
  const query = textAt(monitor.props, "query") ?? "";
  const [, metric = "", operator = "", limit = ""] =
    /^[^:]*:\w+:(system\.\w+\.\w+)\{[^}]*\}[^()*/+-]*?([<>])=?\s*(\d+(?:\.\d+)?)\s*$/.exec(query) ??
    [];
  const isPercentage = /^system\.cpu\.(user|system|iowait|idle|stolen)$/.test(metric);
  const isRatio = /^system\.(disk\.in_use|mem\.pct_usable|swap\.pct_free)$/.test(metric);
  const isMeantAsRatio =
    isPercentage && operator === ">" && Number(limit) > 0.1 && Number(limit) <= 1;
  const isMeantAsPercentage = isRatio && Number(limit) > 1;
  if (isPercentage && operator === ">" && Number(limit) >= 100) {
    return [
      {
        ...located(monitor, "query"),
        problem: `${metric} is a percentage, so the monitor never fires`,
        found: `${operator} ${limit}`,
        fix: "write a threshold below 100",
      },
    ];
  }
  if (!isMeantAsRatio && !isMeantAsPercentage) return [];
  const right = isMeantAsRatio ? Number(limit) * 100 : Number(limit) / 100;
  return [
    {
      ...located(monitor, "query"),
      problem: `${metric} is a ${isPercentage ? "percentage" : "ratio"}, but the monitor compares it with a ${isPercentage ? "ratio" : "percentage"}`,
      found: `${operator} ${limit}`,
      fix: `write ${operator} ${numeral(right)}`,
    },
  ];
}
