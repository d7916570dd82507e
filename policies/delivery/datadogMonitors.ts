import { StackFinding } from "../engine/policy";
import { numeral } from "../engine/violation";
import { Plain, UNKNOWN, at, isPresent, textAt } from "../facts/plain";
import { Resource } from "../facts/resource";
import { Mistake, mistakesIn } from "./monitorMistakes";

/** Checks that Datadog accepts a monitor, and that the monitor fires and notifies as intended. */
export function checkMonitor(monitor: Resource): StackFinding[] {
  const { props } = monitor;
  const query = textAt(props, "query") ?? "";
  return mistakesIn(monitor, [
    wrongThreshold(props, query),
    wrongUnit(query),
    missingWindow(props, query),
    shortTimeframe(props, query),
    missingDelay(props, query),
    unclosedBlock(props),
    unknownVariable(props, query),
    longRenotification(props),
  ]);
}

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

function missingWindow(props: Plain, query: string): Mistake | undefined {
  const isMetric = /^(metric|query) alert$/.test(textAt(props, "type") ?? "");
  return isMetric && query !== "" && !query.includes("last_")
    ? {
        key: "query",
        problem: "the query has no time window, so Datadog rejects it",
        fix: "start the query with a window, such as avg(last_5m):",
      }
    : undefined;
}

function shortTimeframe(props: Plain, query: string): Mistake | undefined {
  const minutes = windowMinutes(query) ?? NaN;
  const timeframe = numberAt(props, "noDataTimeframe");
  return at(props, "notifyNoData") === true && timeframe > 0 && timeframe < 2 * minutes
    ? {
        key: "noDataTimeframe",
        problem: `noDataTimeframe is less than twice the window of ${minutes} minutes, so the monitor reports missing data too early`,
        fix: `set noDataTimeframe: ${2 * minutes}`,
      }
    : undefined;
}

function missingDelay(props: Plain, query: string): Mistake | undefined {
  const minutes = windowMinutes(query) ?? NaN;
  return ofCloud.test(query) && minutes <= 5 && at(props, "evaluationDelay") === undefined
    ? {
        key: "evaluationDelay",
        problem:
          "cloud metrics arrive minutes late, so the window is empty when Datadog evaluates it",
        fix: "set evaluationDelay: 900",
      }
    : undefined;
}

function unclosedBlock(props: Plain): Mistake | undefined {
  const message = textAt(props, "message") ?? "";
  const open: string[] = [];
  const isClosed = [...message.matchAll(/\{\{([#^/])\s*(is_\w+)[^}]*\}\}/g)].every(
    ([, mark, name = ""]) => (mark === "/" ? open.pop() === name : open.push(name) > 0),
  );
  return isClosed && open.length === 0
    ? undefined
    : {
        key: "message",
        problem: "a block in the message is not closed, so Datadog does not send its content",
        fix: "close each {{#is_alert}} with {{/is_alert}}",
      };
}

/** Reports a variable in the message for a label by which the query does not group. */
function unknownVariable(props: Plain, query: string): Mistake | undefined {
  const message = textAt(props, "message") ?? "";
  const groups = [...query.matchAll(/\bby\s*\{([^}]*)\}/g)].flatMap(([, list = ""]) =>
    list.split(",").map((group) => group.trim()),
  );
  const isOfMetrics = windowMinutes(query) !== undefined && /:[\w.]+\{/.test(query);
  const missing = [...message.matchAll(/\{\{\s*([\w-]+)\.name\s*\}\}/g)]
    .map(([, name = ""]) => name)
    .find((name) => isOfMetrics && !groups.includes(name) && !groups.includes("*"));
  return missing === undefined
    ? undefined
    : {
        key: "message",
        problem: `the query is not grouped by ${missing}, so {{${missing}.name}} is empty`,
        fix: `write by {${[...groups, missing].join(",")}} in the query, or remove the variable`,
      };
}

/** Reports renotification intervals that look like seconds. The unit is minutes. */
function longRenotification(props: Plain): Mistake | undefined {
  const minutes = numberAt(props, "renotifyInterval");
  const isInSeconds = minutes >= 1800 && minutes % 1440 !== 0 && minutes % 600 === 0;
  return isInSeconds
    ? {
        key: "renotifyInterval",
        problem: `renotifyInterval is in minutes, so the monitor notifies again after ${numeral(minutes / 60)} hours`,
        fix: `set renotifyInterval: ${minutes / 60}`,
      }
    : undefined;
}

/** Reports thresholds that contradict the query or each other. Datadog rejects such a monitor. */
function wrongThreshold(props: Plain, query: string): Mistake | undefined {
  const [, operator = "", limit = ""] = /(>=?|<=?)\s*(-?\d+(?:\.\d+)?)\s*$/.exec(query) ?? [];
  const read = (key: string) => {
    const value = at(props, "monitorThresholds", key);
    return !isPresent(value) || value === UNKNOWN ? NaN : Number(value);
  };
  const [critical, warning] = [read("critical"), read("warning")];
  if (limit !== "" && critical !== Number(limit) && !Number.isNaN(critical)) {
    return {
      key: "monitorThresholds",
      problem:
        "the critical threshold differs from the threshold in the query, so Datadog rejects the monitor",
      bound: `the threshold in the query, ${limit}`,
      fix: `set monitorThresholds.critical to ${limit}, or change the query`,
    };
  }
  const isReversed =
    (operator.startsWith(">") && warning >= critical) ||
    (operator.startsWith("<") && warning <= critical);
  return isReversed
    ? {
        key: "monitorThresholds",
        problem:
          "the warning threshold is beyond the critical threshold, so Datadog rejects the monitor",
        bound: "a warning threshold that is reached before the critical threshold",
        fix: "swap the two thresholds, or correct one of them",
      }
    : undefined;
}

/**
 * Checks the unit of a threshold. The Datadog Agent reports CPU usage as a percentage, and disk and
 * memory usage as ratios.
 */
function wrongUnit(query: string): Mistake | undefined {
  const [, metric = "", operator = "", text = ""] =
    /^[^:]*:\w+:(system\.\w+\.\w+)\{[^}]*\}[^()*/+-]*?([<>])=?\s*(\d+(?:\.\d+)?)\s*$/.exec(query) ??
    [];
  const limit = Number(text);
  const place = { key: "query", found: `${operator} ${text}` };
  const isUpperPercentage =
    operator === ">" && /^system\.cpu\.(user|system|iowait|idle|stolen)$/.test(metric);
  const isRatio = /^system\.(disk\.in_use|mem\.pct_usable|swap\.pct_free)$/.test(metric);
  if (isUpperPercentage && limit >= 100) {
    return {
      ...place,
      problem: `${metric} is a percentage, so the monitor never fires`,
      fix: "write a threshold below 100",
    };
  }
  if (isUpperPercentage && limit > 0.1 && limit <= 1) {
    return {
      ...place,
      problem: `${metric} is a percentage, but the monitor compares it with a ratio`,
      fix: `write ${operator} ${numeral(limit * 100)}`,
    };
  }
  if (isRatio && limit > 1) {
    return {
      ...place,
      problem: `${metric} is a ratio, but the monitor compares it with a percentage`,
      fix: `write ${operator} ${numeral(limit / 100)}`,
    };
  }
  return undefined;
}
