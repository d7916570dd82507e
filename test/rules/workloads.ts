import { Scenario } from "./scenarios";

const recorded = "namespace_pod:workload:info";
const pod = (name: string, kind: string, owner: string) => ({
  series: `kube_pod_owner{namespace="ticketing", pod="${name}", owner_kind="${kind}", owner_name="${owner}"}`,
  values: "1x10",
});
const workload = (name: string, owner: string) => ({
  labels: `${recorded}{component="services", namespace="ticketing", pod="${name}", workload="${owner}"}`,
  value: 1,
});

/** Pods belong to their owner, or to the Deployment of their ReplicaSet. */
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
];
