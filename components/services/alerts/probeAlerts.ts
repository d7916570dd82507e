import { alertNames } from "../../alerting/alertNames";
import { labels, value } from "../../alerting/annotations";
import { formatNumber, labelMatcher, serviceMatchers } from "../../alerting/promql";
import { AlertGroup, AlertRule, Severity } from "../../alerting/rules";
import { configuredServices } from "./configuredServices";
import { MonitoredServicesSettings } from "../settings/settings";
import { Variant, hasAlerts, hasProbe, sortedNames, thresholdVariants } from "./thresholdVariants";

/**
 * Label with the service name on probe series. These series do not have the `service` label, because a
 * probe's target is up as long as the blackbox exporter is up, even if the service is down.
 */
export const probeLabel = "probe";

/** Time at which the first certificate in a service's chain expires. */
export const certificateExpiry = "namespace_service:probe_certificate_expiry:timestamp_seconds";

/** Returns alerts on the responses that the blackbox exporter receives from the URLs of services. */
export function probeAlerts(settings: MonitoredServicesSettings): AlertGroup[] {
  const { namespace } = settings;
  const probed = settings.services.filter(hasProbe);
  if (probed.length === 0) return [];
  const inNamespace = `namespace="${namespace}"`;
  const alerting = sortedNames(probed.filter(hasAlerts));
  const ofProbes = `${inNamespace}, ${labelMatcher(probeLabel, alerting)}`;
  return [
    {
      name: `${namespace}.probes`,
      subjectLabel: "service",
      rules: [
        {
          record: certificateExpiry,
          // A failed probe returns no certificate, so this bridges one hour. By then, ProbeFailing has
          // been firing for a long time.
          expr: byService(
            "min",
            `last_over_time(probe_ssl_earliest_cert_expiry{${inNamespace}, ${labelMatcher(probeLabel, sortedNames(probed))}}[1h])`,
          ),
        },
        ...(alerting.length === 0
          ? []
          : [
              {
                alert: alertNames.probeFailing,
                // The window bridges failed scrapes, because a single success within it is enough.
                expr: `${byService("max", `max_over_time(probe_success{${ofProbes}}[3m])`)} == 0`,
                forMinutes: 1,
                severity: Severity.Critical,
                summary: `${labels.service}: the probe fails`,
                description: `No probe of ${labels.service} in ${labels.namespace} has succeeded in the last 3 minutes (probe_success: ${value.plain}): its URL does not answer with a status of 2xx, or its certificate is not valid. Users are probably unable to reach it.`,
              },
              {
                alert: alertNames.probeMissing,
                expr: [
                  `0 * group by (namespace, service) (${configuredServices}{${inNamespace}, ${labelMatcher("service", alerting)}})`,
                  `unless on (namespace, service)`,
                  byService("max", `up{${ofProbes}} == 1`),
                ].join("\n"),
                forMinutes: 5,
                severity: Severity.Critical,
                summary: `${labels.service}: the probe does not run`,
                description: `${value.plain} probes of ${labels.service} in ${labels.namespace} run: the blackbox exporter is down or not reachable, or the Probe does not exist. ProbeFailing and CertificateExpiring cannot fire.`,
              },
            ]),
        ...thresholdVariants(settings, "certificateDays", Severity.Critical)
          .concat(thresholdVariants(settings, "certificateWarningDays", Severity.Warning))
          .map((variant) => certificateExpiring(namespace, variant)),
      ],
    },
  ];
}

function certificateExpiring(
  namespace: string,
  { scope, threshold, severity }: Variant,
): AlertRule {
  return {
    alert: alertNames.certificateExpiring,
    expr: `${certificateExpiry}{${serviceMatchers(namespace, scope)}} - time() < ${formatNumber(threshold * 86_400)}`,
    forMinutes: 5,
    severity,
    summary: `${labels.service}: a certificate expires in ${value.duration}`,
    description: `The first certificate of the chain that ${labels.service} in ${labels.namespace} presents expires in ${value.duration} (threshold: ${threshold} d). From then on, clients refuse to connect.`,
  };
}

/** Returns an expression's results by service, with the service name from the probe label. */
function byService(aggregation: "min" | "max", expr: string): string {
  return `${aggregation} by (namespace, service) (label_replace(${expr}, "service", "$1", "${probeLabel}", "(.+)"))`;
}
