import { Recipe, Subject } from "./recipes";
import { Course, Level, Series } from "./series";

/** A scenario as promtool reads it. */
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

const bad: Subject = { service: "inventory-service", pod: "inventory-service-7d4b9c8f6d-x2x7k" };
const sibling: Subject = { ...bad, pod: "inventory-service-7d4b9c8f6d-other" };
const good: Subject = { service: "auth-service", pod: "auth-service-0" };

/** What every alert must do, whatever it is about. */
export function scenariosOf(recipe: Recipe): Scenario[] {
  const { firstTrue, forMinutes } = recipe;
  const fires = Math.ceil((firstTrue + forMinutes) * 2) / 2;
  const patience = recipe.firesToo?.map((tier) => tier.forMinutes) ?? [];
  const settled = fires + 10 + Math.max(0, ...patience);
  const memory = recipe.memory ?? 1;
  const course = (minutes: number, levelAt: Course["levelAt"], more: Partial<Course> = {}) => ({
    minutes,
    levelAt,
    ...more,
  });
  const always = (level: Level, more: Partial<Course> = {}) => course(settled, () => level, more);
  const none: Subject[] = [];
  const scenario = (
    name: string,
    series: Series[],
    checks: [minute: number, subjects: Subject[]][],
  ): Scenario => ({
    name: `${recipe.alert} (${recipe.severity}): ${name}`,
    interval: "30s",
    input_series: series,
    alert_rule_test: checks.map(([minute, subjects]) => ({
      eval_time: `${Math.round(minute * 60)}s`,
      alertname: recipe.alert,
      exp_alerts: expected(recipe, subjects, minute),
    })),
  });

  const recovered = settled + memory + 2;
  const changing = (after: Level) =>
    course(recovered, (minute) => (minute <= settled ? "above" : after));
  const scenarios = [
    scenario("above it", recipe.series(bad, always("above")), [[settled, [bad]]]),
    scenario("below the threshold", recipe.series(bad, always("below")), [
      [fires, none],
      [settled, none],
    ]),
    scenario("patience", recipe.series(bad, always("above")), [
      ...(forMinutes > 0 ? [[fires - 1, none] as [number, Subject[]]] : []),
      [fires, [bad]],
    ]),
    scenario("no data", [], [[settled, none]]),
    scenario(
      "two of which one is bad",
      [
        ...recipe.series(bad, always("above")),
        ...(recipe.about === "namespace" ? [] : recipe.series(good, always("below"))),
      ],
      [[settled, [bad]]],
    ),
    scenario("recovery", recipe.series(bad, changing("well")), [
      [settled, [bad]],
      [recovered, none],
    ]),
  ];
  if (recipe.quiet) {
    scenarios.push(
      scenario("little traffic", recipe.series(bad, always("quiet")), [
        [fires, none],
        [settled, none],
      ]),
      scenario("just enough traffic", recipe.series(bad, always("busy")), [[settled, [bad]]]),
    );
  }
  if (recipe.counters) {
    // A reset is a restart, not a fault, and it hides none but the faintest: what was counted in the
    // last moments before it is lost.
    const resetAt = fires + 5;
    scenarios.push(
      scenario("a reset when bad", recipe.series(bad, always("far", { resetAt })), [
        [settled, [bad]],
      ]),
      scenario("a reset when good", recipe.series(bad, always("below", { resetAt })), [
        [resetAt + 0.5, none],
        [settled, none],
      ]),
    );
  }
  if (recipe.about === "service" || recipe.about === "pod") {
    const share = recipe.about === "service" ? 0.5 : 1;
    scenarios.push(
      scenario(
        "several pods",
        [
          ...recipe.series(bad, always("above", { share })),
          ...recipe.series(sibling, always("above", { share })),
        ],
        [[settled, recipe.about === "pod" ? [bad, sibling] : [bad]]],
      ),
    );
  }
  return scenarios;
}

function expected(recipe: Recipe, subjects: Subject[], minute: number) {
  const { severity, forMinutes, firstTrue } = recipe;
  const tiers = [{ severity, forMinutes }, ...(recipe.firesToo ?? [])].filter(
    (tier) => minute >= firstTrue + tier.forMinutes,
  );
  return subjects.flatMap((subject) =>
    tiers.map((tier) => ({
      exp_labels: { severity: tier.severity, ...labelsOf(recipe, subject) },
    })),
  );
}

function labelsOf(recipe: Recipe, { service, pod }: Subject): Record<string, string> {
  const platform = ["prometheus", "volumes", "loki"].includes(recipe.groups[0] ?? "");
  const namespace = platform ? "monitoring" : "ticketing";
  if (recipe.about === "namespace") return { namespace };
  return { namespace, [recipe.about]: recipe.about === "pod" ? pod : service };
}
