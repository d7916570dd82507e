import { distance } from "fastest-levenshtein";
import { Problem } from "../../components/shared/problems";
import { SlackSettings } from "../../components/slack/settings";
import { isMap } from "../../policies/shared/isMap";
import type { Path } from "../../policies/shared/path";
import { Context } from "./context";

interface Name {
  path: Path;
  value: string;
}

/**
 * Warns about teams without services, and about team and namespace names that are probably misspellings
 * of a name in the configuration. These are not errors, because teams and namespaces can exist outside
 * the stack.
 */
export function nameWarnings(
  { configuration, namespaces }: Context,
  slack: SlackSettings | undefined,
): Problem[] {
  const { services, teams } = configuration;
  const { monitoring, application, datadog, existing } = namespaces;
  const namespacesOfStack = [monitoring, application, datadog, ...existing];
  const namespacesOfServices = [
    ...namesAt("namespace", services, ["services"]),
    ...Object.keys(teams).flatMap((team) => namesIn("namespace", teams[team], ["teams", team])),
  ];
  const teamsOfServices = namesAt("team", services, ["services"]);
  const used = teamsOfServices.map(({ value }) => value);
  const routes = (label: string) => namesAt(label, slack?.routes, ["slack", "routes"]);
  const teamsOfReceivers = Object.entries(slack?.receivers ?? {}).flatMap(([receiver, settings]) =>
    (settings.teams ?? []).map((value, index) => ({
      path: ["receivers", receiver, "teams", index],
      value,
    })),
  );
  return [
    ...misspelled(teamsOfServices, Object.keys(teams), "has no defaults in monitoring:teams"),
    ...Object.keys(teams)
      .filter((team) => !used.some((name) => name === team || resembles(name, team)))
      .map((team): Problem => ({
        path: ["teams", team],
        code: "invalid",
        rule: "does not apply to any service",
        fix: { kind: "do", text: `set "team: ${team}" in its services, or remove it from teams` },
      })),
    ...misspelled(
      [...routes("team"), ...teamsOfReceivers],
      [...Object.keys(teams), ...used],
      "is not the team of any service",
    ),
    ...misspelled(
      routes("namespace"),
      [...namespacesOfStack, ...namespacesOfServices.map(({ value }) => value)],
      "is not the namespace of any service",
    ),
    ...misspelled(
      namespacesOfServices,
      namespacesOfStack,
      "is not a namespace of the stack or in namespaces.existing",
    ),
  ];
}

/** Returns the values of a key in the items of a list, with their paths. */
function namesAt(key: string, items: unknown[] = [], path: Name["path"]): Name[] {
  return items.flatMap((item, index) => namesIn(key, item, [...path, index]));
}

function namesIn(key: string, item: unknown, path: Name["path"]): Name[] {
  const value = isMap(item) ? item[key] : undefined;
  return typeof value === "string" ? [{ path: [...path, key], value }] : [];
}

function misspelled(names: Name[], known: string[], rule: string): Problem[] {
  return names.flatMap(({ path, value }): Problem[] => {
    if (known.includes(value)) return [];
    const near = known.find((name) => resembles(value, name));
    if (near === undefined) return [];
    const text = `${rule}; did you mean ${near}?`;
    return [{ path, value, code: "invalid", rule: text, fix: { kind: "set", example: near } }];
  });
}

/**
 * Whether one word of a name matches a known word with up to two wrong letters. Short words and numbers
 * may differ on purpose, as in `team-a` and `team-b`.
 */
function resembles(name: string, known: string): boolean {
  const words = known.split(/[-_. ]/);
  const written = name.split(/[-_. ]/);
  const [different, ...others] = words.flatMap((word, index) => {
    const other = written[index] ?? "";
    return word === other ? [] : [{ word, other }];
  });
  if (different === undefined || others.length > 0 || words.length !== written.length) return false;
  const { word, other } = different;
  const digits = (text: string) => text.replace(/\D/g, "");
  return (
    Math.min(word.length, other.length) > 4 &&
    digits(word) === digits(other) &&
    distance(word, other) <= 2
  );
}
