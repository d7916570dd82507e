import { LogCollector } from "../../components/logs/enums";
import type { Settings } from "../../stacks/config/parseConfiguration";
import { type Check, listed, pass } from "./check";
import { type DaemonSet, type List, type Pod, isReady } from "../cluster/objects";

/** Checks that all pods in the monitoring stack's namespace are ready. */
export function podCheck({ namespaces: { monitoring: namespace } }: Settings): Check {
  return {
    name: `pods in ${namespace}`,
    next: `kubectl get pods -n ${namespace}`,
    run: async ({ kubernetes }) => {
      const { items } = await kubernetes.json<List<Pod>>(`/api/v1/namespaces/${namespace}/pods`);
      // Pods of finished Jobs are never ready.
      const pods = items.filter(({ status }) => status?.phase !== "Succeeded");
      if (pods.length === 0) return { status: "fail", evidence: "no pod exists" };
      const notReady = pods.filter((pod) => !isReady(pod));
      if (notReady.length === 0) return pass(`${pods.length} of ${pods.length} are ready`);
      const [first] = notReady;
      return {
        status: "fail",
        evidence: `${notReady.length} of ${pods.length} are not ready: ${listed(notReady.map(describe))}`,
        next: `kubectl describe pod -n ${namespace} ${first?.metadata.name}`,
      };
    },
  };
}

function describe({ metadata, status }: Pod): string {
  const waiting = status?.containerStatuses?.find(({ state }) => state?.waiting)?.state?.waiting;
  const pending = status?.conditions?.find(({ message }) => message !== undefined)?.message;
  return `${metadata.name} (${waiting?.reason ?? pending ?? status?.phase ?? "unknown"})`;
}

/** Returns one check for each agent that runs on every node. */
export function agentChecks({ namespaces, loki, datadog }: Settings): Check[] {
  const collector = loki?.collector ?? LogCollector.None;
  return [
    ...(collector === LogCollector.None ? [] : [daemonSetCheck(namespaces.monitoring, collector)]),
    ...(datadog === undefined
      ? []
      : [daemonSetCheck(datadog.namespace, "datadog-agent"), datadogKeyCheck(datadog.namespace)]),
  ];
}

function daemonSetCheck(namespace: string, name: string): Check {
  return {
    name: `agent ${name}`,
    next: `kubectl rollout status -n ${namespace} daemonset/${name} --timeout=10s`,
    run: async ({ kubernetes }) => {
      const path = `/apis/apps/v1/namespaces/${namespace}/daemonsets/${name}`;
      const daemonSet = await kubernetes.find<DaemonSet>(path);
      if (daemonSet === undefined) {
        return { status: "fail", evidence: `the DaemonSet ${namespace}/${name} does not exist` };
      }
      const { desiredNumberScheduled: desired = 0, numberReady = 0 } = daemonSet.status ?? {};
      const evidence = `is ready on ${numberReady} of ${desired} nodes`;
      return desired > 0 && numberReady >= desired ? pass(evidence) : { status: "fail", evidence };
    },
  };
}

/** Matches the message that the Datadog Agent logs if Datadog rejects its data. */
const refusal = /api key.*(invalid|rejected|not valid)|403 forbidden/i;

/** Checks that an agent's log contains no rejection by Datadog. */
function datadogKeyCheck(namespace: string): Check {
  return {
    name: "Datadog accepts the API key",
    next: `kubectl exec -n ${namespace} daemonset/datadog-agent -- agent status`,
    run: async ({ kubernetes }) => {
      const path = `/api/v1/namespaces/${namespace}/pods`;
      const { items } = await kubernetes.json<List<Pod>>(
        `${path}?labelSelector=${encodeURIComponent("app.kubernetes.io/component=agent")}`,
      );
      const pod = items.find(isReady);
      if (pod === undefined) return { status: "fail", evidence: "no agent is ready" };
      const log = await kubernetes.text(
        `${path}/${pod.metadata.name}/log?container=agent&tailLines=2000`,
      );
      const lines = log.split("\n").filter((line) => line !== "");
      const refused = lines.find((line) => refusal.test(line));
      if (refused !== undefined) {
        return { status: "fail", evidence: `Datadog rejects data from ${pod.metadata.name}` };
      }
      if (lines.length === 0) return { status: "warn", evidence: "the agent's log is empty" };
      return pass(`no rejections in the last ${lines.length} lines of ${pod.metadata.name}`);
    },
  };
}
