import { platformAlerts } from "../../components/prometheus/platformAlerts";
import type { AlertGroup } from "../../components/alerting/rules";
import { serviceAlerts } from "../../components/services/alerts/serviceAlerts";
import { servicesComponents } from "../../stacks/config/services";
import type { SettingsWithPrometheus } from "../../stacks/config/parseConfiguration";
import { type Check, listed, pass } from "./check";

interface LoadedGroup {
  rules: { name: string; health: string; lastError?: string }[];
}

/**
 * Checks that every rule of the stack is loaded, and that Prometheus evaluates all rules without errors.
 */
export function rulesCheck(settings: SettingsWithPrometheus): Check {
  const { prometheus, services, loki, namespaces } = settings;
  const groups = [
    ...servicesComponents(services).flatMap(([name, group]) => serviceAlerts(group, name)),
    ...platformAlerts({
      ...prometheus,
      namespace: namespaces.monitoring,
      loki: loki !== undefined,
    }),
  ];
  const expected = [...new Set(groups.flatMap(ruleNames))];
  return {
    name: "rules",
    next: "kubectl get prometheusrule -A",
    run: async ({ prometheus: open }) => {
      const { data } = await (
        await open()
      ).json<{ data: { groups: LoadedGroup[] } }>("/api/v1/rules");
      const rules = data.groups.flatMap((group) => group.rules);
      const loaded = new Set(rules.map(({ name }) => name));
      const missing = expected.filter((name) => !loaded.has(name));
      if (missing.length > 0) {
        return {
          status: "fail",
          evidence: `${missing.length} of ${expected.length} rules are not loaded: ${listed(missing)}`,
        };
      }
      const failing = rules.filter(({ health }) => health === "err");
      if (failing.length > 0) {
        const [{ name, lastError } = { name: "", lastError: "" }] = failing;
        return {
          status: "fail",
          evidence: `${failing.length} of ${rules.length} rules fail: ${name}: ${lastError}`,
        };
      }
      const pending = rules.filter(({ health }) => health !== "ok");
      if (pending.length > 0) {
        return {
          status: "warn",
          evidence: `${pending.length} of ${rules.length} rules were not evaluated yet: run this again in a minute`,
        };
      }
      return pass(`${rules.length} are loaded and evaluated, all ${expected.length} of this stack`);
    },
  };
}

function ruleNames({ rules }: AlertGroup): string[] {
  return rules.map((rule) => ("alert" in rule ? rule.alert : rule.record));
}
