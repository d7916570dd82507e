import { Finding } from "../engine/policy";
import { AlertmanagerConfiguration, configurationsIn } from "../facts/alertmanager";
import { PlainMap, UNKNOWN, hasUnknown, isMap, setAt } from "../facts/plain";
import { Resource } from "../facts/resource";

/** Checks each configuration in a resource that can be parsed. */
export function checkConfigurations(
  resource: Resource,
  check: (config: PlainMap, configuration: AlertmanagerConfiguration) => Finding[],
): Finding[] {
  return configurationsIn(resource).flatMap((configuration): Finding[] => {
    const { config, path, because } = configuration;
    if (config === UNKNOWN) return [{ unknown: path, ...(because && { because }) }];
    return config === undefined ? [] : check(config, configuration);
  });
}

/** Replaces a field in each editable configuration, unless the field is unknown. */
export function remediateConfigurations(
  resource: Resource,
  props: PlainMap,
  field: string,
  replacement: (config: PlainMap) => unknown,
): boolean {
  return configurationsIn(resource)
    .map(({ config, path, editable }) => {
      if (!editable || !isMap(config) || hasUnknown(config[field])) return false;
      const value = replacement(config);
      return value !== undefined && setAt(props, [...path, field], value);
    })
    .includes(true);
}
