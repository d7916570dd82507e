import { MonitoredServices } from "@ticketing/observability";

// A service team adds its services to a cluster that is already monitored.
new MonitoredServices("checkout", {
  namespace: "checkout",
  services: [{ name: "checkout-service", language: "go", slo: { availabilityPercent: 99.9 } }],
});
