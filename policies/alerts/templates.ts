/*
 * Checks the templates in the labels and annotations of rules. Prometheus rejects a rule file if a
 * template cannot be parsed or calls an unknown function.
 */

/** Functions of Go templates and of Prometheus, and Go template keywords. */
const names = new Set(
  [
    "and break call continue define else end eq false ge gt html if index js le len lt ne nil not or",
    "print printf println range slice template block true urlquery with",
    "args externalURL first graphLink humanize humanize1024 humanizeDuration humanizePercentage",
    "humanizeTimestamp label match now parseDuration pathPrefix query reReplaceAll safeHtml",
    "sortByLabel stripDomain stripPort strvalue tableLink title tmpl toDuration toLower toTime toUpper",
    "urlQueryEscape value",
  ].flatMap((line) => line.split(" ")),
);

/** Variables that Prometheus defines for each template. `$` is the alert's data. */
const variables = ["$", "$labels", "$value", "$externalLabels", "$externalURL", "$annotations"];

/** Matches Helm templates in chart values. Helm renders them before Prometheus parses the result. */
const ofHelm =
  /\b(include|tpl|required|toYaml|quote)\b|\.(Values|Release|Chart)\b|\{\{-?\s*["`]\{\{/;

/** Returns why Prometheus rejects a template, as a predicate; undefined if the template is valid. */
export function templateProblem(text: string): string | undefined {
  if (!text.includes("{{") || ofHelm.test(text)) return undefined;
  const actions = [...text.matchAll(/\{\{(.*?)\}\}/gs)].map(([, action = ""]) => action);
  const rest = text.replace(/\{\{.*?\}\}/gs, "");
  if (rest.includes("{{")) return "has {{ without a closing }}";
  const code = actions
    .filter((action) => !/^-?\s*\/\*/.test(action))
    .map((action) => action.replace(/"(?:[^"\\]|\\.)*"|`[^`]*`|'[^']*'/g, " "));
  const assigned = code.flatMap((action) =>
    [...action.matchAll(/(\$\w+)\s*(?:,\s*(\$\w+)\s*)?:=/g)].flatMap(([, ...names]) => names),
  );
  for (const action of code) {
    const variable = [...action.matchAll(/\$\w*/g)]
      .map(([name]) => name)
      .find((name) => ![...variables, ...assigned].includes(name));
    if (variable !== undefined) return `reads the variable ${variable}, which does not exist`;
    const words = action.replace(/[$.][\w.]*/g, " ").match(/(?<![\w])[A-Za-z_]\w*/g) ?? [];
    const word = words.find((name) => !names.has(name));
    if (word !== undefined) return `calls the function ${word}, which does not exist`;
  }
  return undefined;
}
