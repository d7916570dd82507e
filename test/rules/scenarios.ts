import { Recipe, Subject, jobOf } from "./recipes";
import { Level, Series, Timeline } from "./series";

/** A scenario in the format of promtool. */
export interface Scenario {
  name: string;
  interval: string;
  input_series: Series[];
  alert_rule_test: {
    eval_time: string;
    alertname: string;
    exp_alerts: { exp_labels: object; exp_annotations?: object }[];
  }[];
  promql_expr_test?: {
    expr: string;
    eval_time: string;
    exp_samples: { labels: string; value: number }[];
  }[];
}

/** A scenario of one alert that fires, with these labels, at some of the given minutes. */
export function alertScenario(
  alertname: string,
  name: string,
  series: Series[],
  labels: object,
  checks: [minutes: number, isFiring: boolean][],
): Scenario {
  return {
    name: `${alertname}: ${name}`,
    interval: "30s",
    input_series: series,
    alert_rule_test: checks.map(([minutes, isFiring]) => ({
      eval_time: `${minutes * 60}s`,
      alertname,
      exp_alerts: isFiring ? [{ exp_labels: labels }] : [],
    })),
  };
}

export const unhealthy: Subject = {
  service: "inventory-service",
  pod: "inventory-service-7d4b9c8f6d-x2x7k",
};
const sibling: Subject = { ...unhealthy, pod: "inventory-service-7d4b9c8f6d-other" };
export const healthy: Subject = { service: "auth-service", pod: "auth-service-0" };

/** Minute at which the alert fires if its subject is unhealthy from the start. */
export function firesAtMinute({ firstTrueMinutes, forMinutes }: Recipe): number {
  return Math.ceil((firstTrueMinutes + forMinutes) * 2) / 2;
}

/** Scenarios that every alert must pass, whatever its subject. */
export function scenariosOf(recipe: Recipe): Scenario[] {
  const { forMinutes, subjectLabel, minutesToClear = 1 } = recipe;
  const firesAt = firesAtMinute(recipe);
  const otherDurations = recipe.otherTiers?.map((tier) => tier.forMinutes) ?? [];
  const settledAt = firesAt + 10 + Math.max(0, ...otherDurations);
  const recoveredAt = settledAt + minutesToClear + 2;
  const timeline = (level: Level, overrides: Partial<Timeline> = {}): Timeline => ({
    minutes: settledAt,
    levelAt: () => level,
    ...overrides,
  });
  const series = (level: Level, overrides?: Partial<Timeline>) =>
    recipe.series(unhealthy, timeline(level, overrides));
  const none: Subject[] = [];
  const scenario = (
    name: string,
    input: Series[],
    checks: [minute: number, subjects: Subject[]][],
  ): Scenario => ({
    name: `${recipe.alert} (${recipe.severity}): ${name}`,
    interval: "30s",
    input_series: input,
    alert_rule_test: checks.map(([minute, subjects]) => ({
      eval_time: `${Math.round(minute * 60)}s`,
      alertname: recipe.alert,
      exp_alerts: expectedAlerts(recipe, subjects, minute),
    })),
  });

  const scenarios = [
    scenario("above the threshold", series("above"), [[settledAt, [unhealthy]]]),
    scenario("below the threshold", series("below"), [
      [firesAt, none],
      [settledAt, none],
    ]),
    scenario("duration", series("above"), [
      ...(forMinutes > 0 ? [[firesAt - 1, none] as [number, Subject[]]] : []),
      [firesAt, [unhealthy]],
    ]),
    scenario("no data", [], [[settledAt, none]]),
    scenario(
      "one unhealthy subject of two",
      [
        ...series("above"),
        ...(subjectLabel === "namespace" ? [] : recipe.series(healthy, timeline("below"))),
      ],
      [[settledAt, [unhealthy]]],
    ),
    scenario(
      "recovery",
      series("above", {
        minutes: recoveredAt,
        levelAt: (minute) => (minute <= settledAt ? "above" : "healthy"),
      }),
      [
        [settledAt, [unhealthy]],
        [recoveredAt, none],
      ],
    ),
  ];
  if (recipe.hasTrafficFloor) {
    scenarios.push(
      scenario("below the traffic floor", series("lowTraffic"), [
        [firesAt, none],
        [settledAt, none],
      ]),
      scenario("above the traffic floor", series("enoughTraffic"), [[settledAt, [unhealthy]]]),
    );
  }
  if (recipe.readsCounters) {
    // A reset is a restart, not a problem. It loses the increase just before it, so only a value far
    // above the threshold is sure to remain visible.
    const resetAt = firesAt + 5;
    scenarios.push(
      scenario("counter reset while unhealthy", series("farAbove", { resetAt }), [
        [settledAt, [unhealthy]],
      ]),
      scenario("counter reset while healthy", series("below", { resetAt }), [
        [resetAt + 0.5, none],
        [settledAt, none],
      ]),
    );
  }
  if (subjectLabel === "service" || subjectLabel === "pod") {
    const share = subjectLabel === "service" ? 0.5 : 1;
    scenarios.push(
      scenario(
        "several pods",
        [unhealthy, sibling].flatMap((subject) =>
          recipe.series(subject, timeline("above", { share })),
        ),
        [[settledAt, subjectLabel === "pod" ? [unhealthy, sibling] : [unhealthy]]],
      ),
    );
  }
  return scenarios;
}

export function expectedAlerts(recipe: Recipe, subjects: Subject[], minute: number) {
  const tiers = [recipe, ...(recipe.otherTiers ?? [])].filter(
    ({ forMinutes }) => minute >= recipe.firstTrueMinutes + forMinutes,
  );
  return subjects.flatMap((subject) =>
    tiers.map(({ severity }) => ({ exp_labels: { severity, ...labelsOf(recipe, subject) } })),
  );
}

function labelsOf(
  { groups, subjectLabel, extraLabels }: Recipe,
  subject: Subject,
): Record<string, string> {
  const { service, pod } = subject;
  const platform = ["prometheus", "targets", "scrapes", "health", "volumes", "loki"].includes(
    groups[0] ?? "",
  );
  const namespace = platform ? "monitoring" : "ticketing";
  if (subjectLabel === "namespace") return { namespace };
  const extra = typeof extraLabels === "function" ? extraLabels(subject) : extraLabels;
  if (subjectLabel === "job") return { namespace, ...extra, job: jobOf(subject) };
  return { namespace, ...extra, [subjectLabel]: subjectLabel === "pod" ? pod : service };
}
