import { datadogProviderVersion } from "../../../components/datadog/monitors/version";

/** Version of the installed `@pulumi/<name>`, which its resources require of the plugin. */
export function packageVersion(name: string): string {
  // The package is not installed; the Datadog resources of this project name the version.
  if (name === "datadog") return datadogProviderVersion;
  return (require(`@pulumi/${name}/package.json`) as { version: string }).version;
}
