/*
 * Types of the Kubernetes objects that several policies read, as Pulumi names them.
 */

export const configMapType = "kubernetes:core/v1:ConfigMap";
export const namespaceType = "kubernetes:core/v1:Namespace";
export const secretType = "kubernetes:core/v1:Secret";
export const serviceType = "kubernetes:core/v1:Service";

export const alertmanagerType = "kubernetes:monitoring.coreos.com/v1:Alertmanager";
export const podMonitorType = "kubernetes:monitoring.coreos.com/v1:PodMonitor";
export const probeType = "kubernetes:monitoring.coreos.com/v1:Probe";
export const prometheusAgentType = "kubernetes:monitoring.coreos.com/v1alpha1:PrometheusAgent";
export const prometheusRuleType = "kubernetes:monitoring.coreos.com/v1:PrometheusRule";
export const prometheusType = "kubernetes:monitoring.coreos.com/v1:Prometheus";
export const scrapeConfigType = "kubernetes:monitoring.coreos.com/v1alpha1:ScrapeConfig";
export const serviceMonitorType = "kubernetes:monitoring.coreos.com/v1:ServiceMonitor";
export const thanosRulerType = "kubernetes:monitoring.coreos.com/v1:ThanosRuler";

/** Whether objects of a type are a Prometheus or an Alertmanager, as opposed to a chart that installs one. */
export function isServer(type: string): boolean {
  return type === prometheusType || type === alertmanagerType;
}

/** Whether the operator runs a server for each object of a type. */
export function isOperated(type: string): boolean {
  return isServer(type) || type === thanosRulerType;
}

/** Whether objects of a type run pods. */
export function isWorkload(type: string): boolean {
  return /^kubernetes:(?:apps\/v1:(?:Deployment|StatefulSet|DaemonSet)|core\/v1:Pod)$/.test(type);
}
