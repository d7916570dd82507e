import { datadogProviderVersion } from "../../../components/datadog/monitors/resources";

/** Version of the installed `@pulumi/<name>`: what its resources ask of their plugin. */
export function packageVersion(name: string): string {
  // Its package is not needed: our own resources name the version.
  if (name === "datadog") return datadogProviderVersion;
  return (require(`@pulumi/${name}/package.json`) as { version: string }).version;
}
