import { MonitoredServices } from "@ticketing/observability";

// Adds a team's services to a cluster that is already monitored.
new MonitoredServices("checkout", {
  namespace: "checkout",
  // By default, kube-prometheus-stack selects only objects whose `release` label is the name of its
  // release.
  selectorLabels: { release: "kube-prometheus-stack" },
  services: [
    { name: "checkout-api", language: "go", slo: { availabilityPercent: 99.9 } },
    { name: "checkout-worker", language: "python", alerts: { p99LatencyMs: 2000 } },
  ],
});
