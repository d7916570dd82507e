"use strict";

/**
 * Serves the components to Pulumi programs in every language. The engine starts this file as the plugin
 * `monitoring`, which is the package name in the type tokens.
 */
const { componentProviderHost } = require("@pulumi/pulumi/provider/experimental");
const components = require("../dist/components");

void componentProviderHost({
  name: "monitoring",
  dirname: __dirname,
  components: [
    components.DatadogAgent,
    components.DatadogMonitors,
    components.GrafanaDashboards,
    components.LokiStack,
    components.MonitoredServices,
    components.PrometheusStack,
    components.SlackAlerting,
  ],
});
