import { Finding, checkField } from "../engine/policy";
import { Plain, UNKNOWN, at, isText } from "../facts/plain";

/** Valid Datadog sites. */
const sites =
  /^(datadoghq\.com|datadoghq\.eu|us[35]\.datadoghq\.com|ap[12]\.datadoghq\.com|ddog-gov\.com|datad0g\.com)$/;

/** Checks that the datadog chart's agent can start and sends data to a valid Datadog site. */
export function checkDatadogAgent(values: Plain): Finding[] {
  const settings = at(values, "datadog");
  if (settings === UNKNOWN) return [];
  return [
    ...checkField({ path: ["values", "datadog", "site"], value: at(settings, "site") }, (site) =>
      !isText(site) || site === "" || sites.test(site) || /[{$]/.test(site)
        ? undefined
        : {
            problem: "this Datadog site does not exist, so the agent cannot send data",
            bound:
              "datadoghq.com, datadoghq.eu, us3.datadoghq.com or another region, without https://",
            fix: "set datadog.site to the host in your Datadog URL, without app.",
          },
    ),
    ...checkField(
      { path: ["values", "datadog", "clusterName"], value: at(settings, "clusterName") },
      (name) =>
        !isText(name) || name === "" || /[{$]/.test(name) || isClusterName(name)
          ? undefined
          : {
              problem: "the chart rejects the cluster name",
              bound: "at most 80 lowercase letters, digits, - and ., starting with a letter",
              fix: "set datadog.clusterName to a name such as shop-prod",
            },
    ),
  ];
}

function isClusterName(name: string): boolean {
  return (
    name.length <= 80 &&
    /^[a-z](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z](?:[a-z0-9-]*[a-z0-9])?)*$/.test(name)
  );
}
