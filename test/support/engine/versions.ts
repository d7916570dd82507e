/** Version of the installed `@pulumi/<name>`: what its resources ask of their plugin. */
export function packageVersion(name: string): string {
  return (require(`@pulumi/${name}/package.json`) as { version: string }).version;
}
