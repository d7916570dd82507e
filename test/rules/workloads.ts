import { configuredServices } from "../../components/services/alerts/configuredServices";
import { Scenario } from "./scenarios";

const recorded = "namespace_pod:workload:info";
const elsewhere = (subject: "service" | "pod") => `namespace_${subject}:configured_elsewhere:info`;
const pod = (name: string, kind: string, owner: string) => ({
  series: `kube_pod_owner{namespace="ticketing", pod="${name}", owner_kind="${kind}", owner_name="${owner}"}`,
  values: "1x10",
});
const workload = (name: string, owner: string) => ({
  labels: `${recorded}{component="services", namespace="ticketing", pod="${name}", workload="${owner}"}`,
  value: 1,
});

const configured = (component: string, service: string) => ({
  series: `${configuredServices}{component="${component}", namespace="ticketing", service="${service}"}`,
  values: "1x10",
});
const foreign = (subject: "service" | "pod", name: string) => ({
  expr: elsewhere(subject),
  eval_time: "5m",
  exp_samples: [
    {
      labels: `${elsewhere(subject)}{component="services", namespace="ticketing", ${subject}="${name}"}`,
      value: 1,
    },
  ],
});

/**
 * Pods belong to their owner, or to the Deployment of their ReplicaSet; and to another component if only
 * that one configures the service.
 */
export const workloadScenarios: Scenario[] = [
  {
    name: "workloads of pods",
    interval: "30s",
    input_series: [
      pod("api-db-7d4b9c8f6d-x2x7k", "ReplicaSet", "api-db-7d4b9c8f6d"),
      pod("db-0", "StatefulSet", "db"),
      pod("bare", "<none>", "<none>"),
    ],
    alert_rule_test: [],
    promql_expr_test: [
      {
        expr: recorded,
        eval_time: "5m",
        exp_samples: [workload("api-db-7d4b9c8f6d-x2x7k", "api-db"), workload("db-0", "db")],
      },
    ],
  },
  {
    name: "services and pods of another component",
    interval: "30s",
    input_series: [
      configured("services", "inventory-service"),
      configured("services", "shared"),
      configured("team", "shared"),
      configured("team", "team-service"),
      pod("inventory-service-0", "StatefulSet", "inventory-service"),
      pod("shared-0", "StatefulSet", "shared"),
      pod("team-service-0", "StatefulSet", "team-service"),
      pod("unlisted-0", "StatefulSet", "unlisted"),
    ],
    alert_rule_test: [],
    promql_expr_test: [foreign("service", "team-service"), foreign("pod", "team-service-0")],
  },
];
