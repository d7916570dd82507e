import { AlertmanagerConfiguration } from "../facts/alertmanager";
import { definitionTemplates } from "../facts/amp";
import { hasFolder } from "../facts/integrations";
import { Path, Plain, formatPath, isText, itemsAt, listAt } from "../facts/plain";
import { ConfigurationMistake } from "./routeMistakes";

/*
 * Checks the templates in receiver texts. Alertmanager executes them only when it sends a notification,
 * so a template that fails loses the notification.
 */

/** Finds mistakes in the texts of all receivers, and in the list of template files. */
export function templateMistakes(
  config: Plain,
  { namespace, spec, definition }: AlertmanagerConfiguration,
  defined: ReadonlySet<string>,
): ConfigurationMistake[] {
  const files = listAt(config, "templates").map(String);
  // Templates may come from files in other folders, or from files that the stack does not define.
  const areFilesKnown =
    namespace === undefined &&
    (files.length === 0 || defined.size > 0) &&
    (definition !== undefined ||
      files.every((file) => file.startsWith("/etc/alertmanager/config/")));
  const ofDefinition = definition && definitionTemplates(definition).map(([name]) => name);
  const isMissing = (name: string) =>
    areFilesKnown && !/\.default\.|^__/.test(name) && !defined.has(name);
  const absent = files.flatMap((file, index) =>
    ofDefinition === undefined || ofDefinition.includes(file)
      ? []
      : [
          {
            where: `templates[${index}]`,
            problem:
              "template_files has no entry with this name, so the alert manager loads no template from it",
            fix: "use the name of an entry in template_files",
          },
        ],
  );
  const lost = files.flatMap((file, index) =>
    file.startsWith("/") && hasFolder(file, spec) === false
      ? [
          {
            where: `templates[${index}]`,
            problem:
              "the folder does not exist in Alertmanager's pod, so Alertmanager loads no template from it",
            fix: "use /etc/alertmanager/config/*.tmpl for the templates next to the configuration, or mount the folder (configMaps, secrets or volumeMounts)",
          },
        ]
      : [],
  );
  const inTexts = listAt(config, "receivers").flatMap((receiver, index) =>
    textsIn(receiver, ["receivers", index]).flatMap(([text, path]) => {
      const localTemplates = definedIn([text]);
      const mistake = mistakeIn(text, (name) => !localTemplates.has(name) && isMissing(name));
      return mistake === undefined ? [] : [{ where: formatPath(path), ...mistake }];
    }),
  );
  return [...absent, ...lost, ...inTexts];
}

/**
 * Returns the texts that contain templates. In an integration, they are nested at most in a list of
 * maps.
 */
function textsIn(value: Plain, path: Path): [string, Path][] {
  if (isText(value)) return value.includes("{{") ? [[value, path]] : [];
  if (path.length > 8) return [];
  return itemsAt(value).flatMap(([key, item]) => textsIn(item, [...path, key]));
}

const ofAlert = /(?:^|[\s(|])\.(Labels|Annotations|StartsAt|EndsAt|GeneratorURL|Fingerprint)\b/;

/** Fields of a notification's data. */
const data = new Set([
  ...["Receiver", "Status", "Alerts", "GroupLabels", "CommonLabels", "CommonAnnotations"],
  ...["ExternalURL", "NotificationReason"],
]);

/** Functions that only rule templates support. */
const ofRules =
  /(?:^|[\s(|])(humanize(?:1024|Percentage|Timestamp)?|query|strvalue|graphLink|tableLink)(?=[\s)|]|$)/;

type Failure = Pick<ConfigurationMistake, "problem" | "fix">;

function fails(problem: string, fix: string): Failure {
  return { problem: `the template ${problem}, so Alertmanager sends no notification`, fix };
}

const close = "add the missing }}, or the missing {{ end }} of an if, range or with";

function mistakeIn(text: string, isMissing: (name: string) => boolean): Failure | undefined {
  const actions = actionsIn(text);
  if (actions === undefined) return fails("has {{ without a closing }}", close);
  // A Helm template may contain the notification template as a string. Helm then renders it first.
  if (actions.some((action) => action.includes("{{") || action.length > 2000)) return undefined;
  const assignments = text.matchAll(/\$(\w+)\s{0,9}(?:,\s{0,9}\$(\w+)\s{0,9})?:=/g);
  const assigned = new Set([...assignments].flatMap(([, ...names]) => names));
  // Whether each open block changes the meaning of the dot, as range does and if does not.
  const blocks: boolean[] = [];
  for (const action of actions.filter((each) => !each.startsWith("/*"))) {
    const code = action.replace(/"(?:[^"\\]|\\.)*"|`[^`]*`/g, '""');
    const mistake =
      missingTemplate(action, isMissing) ??
      ruleVariable(code, assigned) ??
      ruleFunction(code) ??
      (blocks.includes(true) ? undefined : wrongField(code));
    if (mistake !== undefined) return mistake;
    if (/^(if|range|with|define|block)\b/.test(code)) blocks.push(!/^if\b/.test(code));
    else if (/^end\b/.test(code) && blocks.pop() === undefined) {
      return fails("has more {{ end }} actions than blocks", close);
    }
  }
  return blocks.length > 0 ? fails("has a block without {{ end }}", close) : undefined;
}

function missingTemplate(action: string, isMissing: (name: string) => boolean) {
  const [, name] = /^template\s+"([^"]+)"/.exec(action) ?? [];
  return name === undefined || !isMissing(name)
    ? undefined
    : fails(
        `"${name}" is not defined`,
        "define it in a file that `templates` lists, such as /etc/alertmanager/config/*.tmpl",
      );
}

function ruleVariable(code: string, assigned: ReadonlySet<string | undefined>) {
  const [variable] = /\$(?:labels|value|externalLabels)\b/.exec(code) ?? [];
  return variable === undefined || assigned.has(variable.slice(1))
    ? undefined
    : fails(
        `reads ${variable}, which exists only in rules`,
        "use .CommonLabels, or .Labels within {{ range .Alerts }}",
      );
}

function ruleFunction(code: string) {
  const [, call] = ofRules.exec(code) ?? [];
  return call === undefined
    ? undefined
    : fails(
        `calls ${call}, which exists only in rules`,
        "format the value in an annotation of the rule",
      );
}

/** Reports a field that the data of a notification does not have. */
function wrongField(code: string) {
  const [, field] = ofAlert.exec(code) ?? [];
  if (field !== undefined) {
    return fails(
      `reads .${field}, which exists only for a single alert`,
      `use .Common${field}, or {{ range .Alerts }} around it`,
    );
  }
  const unknown = [...code.matchAll(/(?:^|[\s(|])\$?\.([A-Z]\w*)(?:\.([A-Z]\w*))?/g)].find(
    ([, name = "", part]) =>
      !data.has(name) ||
      (name === "Alerts" && part !== undefined && !/^(Firing|Resolved)$/.test(part)),
  );
  return unknown === undefined
    ? undefined
    : fails(
        `reads ${unknown[0].trim()}, which does not exist`,
        `use one of ${[...data].map((each) => `.${each}`).join(", ")}`,
      );
}

/** Returns the actions between {{ and }}; undefined if one of them is not closed. */
function actionsIn(text: string): string[] | undefined {
  const actions: string[] = [];
  for (let start = text.indexOf("{{"); start >= 0;) {
    const end = text.indexOf("}}", start);
    if (end < 0) return undefined;
    actions.push(
      text
        .slice(start + 2, end)
        .replace(/^-\s/, "")
        .replace(/\s-$/, "")
        .trim(),
    );
    start = text.indexOf("{{", end + 2);
  }
  return actions;
}

/** Returns the names of the templates that texts define. */
export function definedIn(texts: string[]): Set<string> {
  return new Set(
    texts.flatMap((text) =>
      [...text.matchAll(/\{\{-?\s*(?:define|block)\s+"([^"]+)"/g)].map(([, name = ""]) => name),
    ),
  );
}
