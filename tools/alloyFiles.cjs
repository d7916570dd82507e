"use strict";

/**
 * Files that reduce Alloy to the components that our configuration uses. The complete Alloy has more
 * than a hundred components, with dependencies that compile slowly (cloud and database SDKs, eBPF) and
 * that may be missing from a mirror of the Go proxy. Commands and features that a log collector does not
 * need are also removed. The rest of Alloy's code is unchanged.
 */

const alloy = "github.com/grafana/alloy";

/** @param {string[]} names */
function components(...names) {
  return ["package all", ...names.map((name) => `import _ "${alloy}/internal/component/${name}"`)];
}

/** @type {Record<string, string[]>} lines of each file */
const files = {
  // Alloy's main program is in a separate module that is not published.
  "cmd/alloy/main.go": [
    "package main",
    `import ("os"; "${alloy}/internal/alloycli")`,
    "func main() { if alloycli.Command().Execute() != nil { os.Exit(1) } }",
  ],

  "internal/component/all/all.go": components(
    "discovery/kubernetes",
    "discovery/relabel",
    "local/file_match",
    "loki/process",
    "loki/source/file",
    "loki/source/kubernetes_events",
    "loki/write",
  ),

  // Converters for other programs' configurations.
  "internal/converter/converter.go": [
    "package converter",
    `import "${alloy}/internal/converter/diag"`,
    "type Input string",
    "var SupportedFormats []string",
    "func Convert([]byte, Input, []string) ([]byte, diag.Diagnostics) { return nil, nil }",
  ],
  "internal/alloycli/cmd_tools.go": [
    "package alloycli",
    'import "github.com/spf13/cobra"',
    'func toolsCommand() *cobra.Command { return &cobra.Command{Use: "tools"} }',
  ],

  // Discovery of other Alloy instances in a cloud. Ours do not form a cluster.
  "internal/service/cluster/discovery/peer_discovery.go": [
    "package discovery",
    'import ("log/slog"; "go.opentelemetry.io/otel/trace")',
    "type DiscoverFn func() ([]string, error)",
    "type Options struct {",
    "JoinPeers []string; DiscoverPeers string; DefaultPort int",
    "Logger *slog.Logger; Tracer trace.TracerProvider",
    "}",
    "func NewPeerDiscoveryFn(Options) (DiscoverFn, error) { return nil, nil }",
  ],
  "internal/service/cluster/discovery/go_discovery.go": ["package discovery"],
  "internal/service/cluster/discovery/join_peers.go": ["package discovery"],

  // OpenTelemetry receivers, and the feature flag of one of them.
  "internal/component/otelcol/config_controller.go": ["package otelcol"],
  "internal/component/otelcol/config_scrape.go": ["package otelcol"],
  "internal/component/otelcol/config_stanza_receivers.go": ["package otelcol"],
  "internal/util/otel_feature_gate.go": [
    "package util",
    "func SetupOtelFeatureGates() error { return nil }",
  ],

  // Debug symbols for profiles. This is the implementation for systems other than Linux.
  "internal/component/pyroscope/write/debuginfo/stub.go": ["package debuginfo"],
  "internal/component/pyroscope/write/debuginfo/upload.go": [
    "package debuginfo",
    `import ("context"; "${alloy}/internal/component/pyroscope/write/debuginfoclient")`,
    "type UploadJob struct{}",
    "type uploader struct{}",
    "func (*Uploader) newUploader(UploadJob) (*uploader, error) { return &uploader{}, nil }",
    "func (uploader) upload(*debuginfoclient.Client, UploadJob) {}",
    "func (uploader) run(context.Context) error { return nil }",
  ],
};

/** Content of each file by path, for `files` in a recipe. */
const alloyFiles = Object.fromEntries(
  Object.entries(files).map(([name, lines]) => [name, `${lines.join("\n")}\n`]),
);

module.exports = { alloyFiles };
