import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { AwsIdentity, usesBucket } from "../../components/loki/enums";
import { lokiName } from "../../components/loki/urls";
import type { Settings } from "../../stacks/config/parseConfiguration";
import { type Check, pass } from "./check";
import type { Api } from "../cluster/api";
import { type List, type Pod, type ServiceAccount, isReady } from "../cluster/objects";
import { podLogs } from "./podLogs";
import { increaseInLastHour, query } from "./prometheusQuery";

/** Label of the log lines that this check writes. */
const job = "observability-verify";

/**
 * Checks that Loki can store and return a line, that chunks reach the storage, and that pods have the
 * IAM role.
 */
export function lokiChecks(settings: Settings, waitSeconds = 20): Check[] {
  if (settings.loki === undefined) return [];
  return [
    roundTripCheck(settings, waitSeconds),
    chunkCheck(settings),
    ...(usesBucket(settings.loki) ? [identityCheck(settings)] : []),
  ];
}

function logsOf({ namespaces }: Settings): string {
  return podLogs(namespaces.monitoring, lokiName);
}

function roundTripCheck(settings: Settings, waitSeconds: number): Check {
  return {
    name: "Loki writes and reads",
    next: logsOf(settings),
    run: async ({ loki: open }) => {
      const loki = await open();
      const started = Date.now();
      const line = `verify ${randomUUID()}`;
      const stream = { job, namespace: settings.namespaces.monitoring };
      const values = [[`${started}000000`, line]];
      await loki.post("/loki/api/v1/push", { streams: [{ stream, values }] });
      while (Date.now() - started < waitSeconds * 1000) {
        if (await hasLine(loki, line, started)) {
          return pass(`read a marked line ${Date.now() - started} ms after it was written`);
        }
        await pause(500);
      }
      return {
        status: "fail",
        evidence: `accepted a line, but did not return it within ${waitSeconds} s`,
      };
    },
  };
}

async function hasLine(loki: Api, line: string, time: number): Promise<boolean> {
  const parameters = new URLSearchParams({
    query: `{job="${job}"} |= "${line}"`,
    start: `${time - 60_000}000000`,
    end: `${time + 60_000}000000`,
  });
  const { data } = await loki.json<{ data: { result: unknown[] } }>(
    `/loki/api/v1/query_range?${parameters.toString()}`,
  );
  return data.result.length > 0;
}

/**
 * Checks that chunks reach the bucket or the volume, according to the Loki counters that Prometheus
 * scrapes.
 */
function chunkCheck(settings: Settings): Check {
  const { loki, namespaces } = settings;
  const storage = loki && usesBucket(loki) ? `the bucket ${loki.bucket}` : "the volume";
  return {
    name: "Loki stores chunks",
    next: logsOf(settings),
    run: async ({ prometheus: open }) => {
      const prometheus = await open();
      const selector = `{namespace="${namespaces.monitoring}"}`;
      const failures = `loki_ingester_chunks_flush_failures_total${selector}`;
      if ((await query(prometheus, `count(${failures})`)).length === 0) {
        return { status: "fail", evidence: "Prometheus has no Loki ingester metrics" };
      }
      const total = async (counter: string) => {
        const [sum] = await query(prometheus, `sum(${increaseInLastHour(counter)})`);
        return sum?.value ?? 0;
      };
      const failed = await total(failures);
      if (failed > 0) {
        return {
          status: "fail",
          evidence: `${Math.ceil(failed)} writes to ${storage} failed in the last hour`,
        };
      }
      const stored = await total(`loki_ingester_chunks_flushed_total${selector}`);
      if (stored > 0)
        return pass(`${Math.ceil(stored)} chunks reached ${storage} in the last hour`);
      return {
        status: "warn",
        evidence: `no chunk reached ${storage} in the last hour: Loki stores a chunk when it is full or idle`,
      };
    },
  };
}

/** Variables that EKS injects into a pod whose service account has a role. */
const credentialVariables = {
  [AwsIdentity.PodIdentity]: "AWS_CONTAINER_CREDENTIALS_FULL_URI",
  [AwsIdentity.Irsa]: "AWS_WEB_IDENTITY_TOKEN_FILE",
};

/** Checks that Loki's pods received the credentials of their IAM role. */
function identityCheck({ namespaces: { monitoring: namespace }, loki, cluster }: Settings): Check {
  const identity = loki?.awsIdentity ?? AwsIdentity.PodIdentity;
  const variable = credentialVariables[identity];
  return {
    name: "IAM role of Loki",
    next:
      identity === AwsIdentity.Irsa
        ? `kubectl describe serviceaccount -n ${namespace} ${lokiName}`
        : `aws eks list-pod-identity-associations --cluster-name ${cluster.name} --namespace ${namespace}`,
    run: async ({ kubernetes }) => {
      const path = `/api/v1/namespaces/${namespace}`;
      const account = await kubernetes.find<ServiceAccount>(`${path}/serviceaccounts/${lokiName}`);
      if (account === undefined) {
        return { status: "fail", evidence: `the service account ${lokiName} does not exist` };
      }
      const role = account.metadata.annotations?.["eks.amazonaws.com/role-arn"];
      if (identity === AwsIdentity.Irsa && role === undefined) {
        return { status: "fail", evidence: "the service account has no annotation with a role" };
      }
      const { items } = await kubernetes.json<List<Pod>>(
        `${path}/pods?labelSelector=${encodeURIComponent(`app.kubernetes.io/name=${lokiName}`)}`,
      );
      const pods = items.filter((pod) => isReady(pod) && usesAccount(pod));
      if (pods.length === 0) return { status: "fail", evidence: "no Loki pod is ready" };
      const without = pods.filter((pod) => !hasVariable(pod, variable));
      if (without.length === 0) {
        return pass(`${pods.length} of ${pods.length} pods have credentials (${identity})`);
      }
      return {
        status: "fail",
        evidence: `${without[0]?.metadata.name} has no ${variable}: it started before its role was bound, or the cluster does not bind it`,
      };
    },
  };
}

/** Whether a pod needs the IAM role. The chart's canary and caches do not access the bucket. */
function usesAccount({ spec }: Pod): boolean {
  return spec?.serviceAccountName === undefined || spec.serviceAccountName === lokiName;
}

function hasVariable({ spec }: Pod, name: string): boolean {
  return (spec?.containers ?? []).some(({ env }) => env?.some((entry) => entry.name === name));
}
