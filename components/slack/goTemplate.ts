/** Functions of a template: those of Go, and those that Alertmanager adds. */
const functions = new Set(
  `and call html index slice js len not or print printf println urlquery eq ge gt le lt ne
  toUpper toLower title trimSpace join match safeHtml safeUrl urlUnescape reReplaceAll stringSlice
  routeLabels date tz now since humanizeDuration toDate mustToDate toJson base64encode base64decode
  list append dict`.split(/\s+/),
);

/** Templates that exist beside one's own: the parts of our message, and Alertmanager's defaults. */
const ownParts = ["title", "text", "color", "plain", "link", "logs", "silence"];
const isKnownTemplate = (name: string): boolean =>
  ownParts.some((part) => name === `observability.slack.${part}`) ||
  /^(__|[a-z0-9]+\.default\.)/.test(name);

type Kind = "space" | "string" | "constant" | "variable" | "field" | "word" | "sign";
interface Token {
  kind: Kind;
  text: string;
}

/** What an action is made of, each where the last one ended. */
const lexemes: [Kind, RegExp][] = [
  ["space", /[ \t\r\n]+/y],
  ["string", /"(?:[^"\\\n]|\\[^\n])*"|`[^`]*`/y],
  ["constant", /'(?:[^'\\\n]|\\[^\n])+'|[+-]?\.?\d[\w.]*(?:[+-][\w.]*)?/y],
  ["variable", /\$[\p{L}\p{Nd}_]*/uy],
  ["field", /\.[\p{L}\p{Nd}_]*/uy],
  ["word", /[\p{L}\p{Nd}_]+/uy],
  ["sign", /:=|[=|(),]/y],
];
const escapes =
  /^"(?:[^"\\]|\\(?:[abfnrtv\\"]|x[\da-fA-F]{2}|[0-7]{3}|u[\da-fA-F]{4}|U[\da-fA-F]{8}))*"$/;

interface Block {
  keyword: string;
  variables: Set<string>;
  hasElse: boolean;
}

class TemplateError extends Error {}

/**
 * What keeps the body of a Go template from being taken by Alertmanager, or undefined. It finds what
 * Alertmanager finds when it starts, and names of templates that nobody defines, which it would only
 * find when it sends. It never refuses what Alertmanager takes; whether a field exists it cannot know.
 */
export function templateProblem(body: string): string | undefined {
  try {
    checkBlocks(actionsOf(body));
    return undefined;
  } catch (error) {
    if (error instanceof TemplateError) return error.message;
    throw error;
  }
}

function fail(problem: string): never {
  throw new TemplateError(problem);
}

function actionsOf(body: string): Token[][] {
  const actions: Token[][] = [];
  let place = 0;
  for (;;) {
    const open = body.indexOf("{{", place);
    if (open < 0) return actions;
    place = open + 2;
    const comment = /(?:-[ \t\r\n])?\/\*/y;
    comment.lastIndex = place;
    if (comment.test(body)) {
      const end = /\*\/(?:[ \t\r\n]-)?\}\}/g;
      end.lastIndex = comment.lastIndex;
      if (!end.test(body)) fail("a comment is not closed by */}}");
      place = end.lastIndex;
      continue;
    }
    if (/^-[ \t\r\n]/.test(body.slice(place, place + 2))) place += 2;
    const tokens: Token[] = [];
    for (;;) {
      const close = /(?:[ \t\r\n]-)?\}\}/y;
      close.lastIndex = place;
      if (close.test(body)) {
        place = close.lastIndex;
        break;
      }
      const shown = JSON.stringify(body.slice(open, open + 30));
      if (place >= body.length) fail(`${shown} is not closed by }}`);
      const token =
        tokenAt(body, place) ??
        fail(`${shown} cannot be read at ${JSON.stringify(body.slice(place, place + 10))}`);
      place += token.text.length;
      if (token.kind !== "space") tokens.push(token);
    }
    actions.push(tokens);
  }
}

function tokenAt(body: string, place: number): Token | undefined {
  for (const [kind, pattern] of lexemes) {
    // A space before the end may belong to the end, as in ` -}}`.
    const end = kind === "space" ? /[ \t\r\n]+(?=[ \t\r\n]-\}\})/y : pattern;
    for (const each of [end, pattern]) {
      each.lastIndex = place;
      const [text] = each.exec(body) ?? [];
      if (text === undefined) continue;
      if (kind === "string" && text.startsWith('"') && !escapes.test(text)) {
        fail(
          `${text} has an escape that Go does not know: write \\\\ for a backslash, or use \` quotes`,
        );
      }
      return { kind, text };
    }
  }
  return undefined;
}

function checkBlocks(actions: Token[][]): void {
  const root: Block = { keyword: "", variables: new Set(["$"]), hasElse: true };
  const open: Block[] = [];
  const current = (): Block => open.at(-1) ?? root;
  const enter = (keyword: string, rest: Token[]): void => {
    const variables = new Set(current().variables);
    checkPipeline(rest, variables, keyword);
    open.push({ keyword, variables, hasElse: false });
  };
  for (const [first, ...rest] of actions) {
    const keyword = first?.kind === "word" ? first.text : "";
    if (keyword === "if" || keyword === "with" || keyword === "range") enter(keyword, rest);
    else if (keyword === "else") {
      const block = open.at(-1);
      if (block === undefined || block.hasElse) fail("{{ else }} belongs to no if, with or range");
      const [then, ...condition] = rest;
      if (then === undefined) block.hasElse = true;
      else if (then.text !== block.keyword || block.keyword === "range") {
        fail(`{{ else ${then.text} }} does not belong to {{ ${block.keyword} }}`);
      } else checkPipeline(condition, block.variables, then.text);
    } else if (keyword === "end") {
      if (rest.length > 0) fail("{{ end }} takes nothing");
      if (open.pop() === undefined) fail("{{ end }} closes nothing");
    } else if (keyword === "break" || keyword === "continue") {
      if (!open.some((block) => block.keyword === "range")) {
        fail(`{{ ${keyword} }} is in no range`);
      }
    } else if (keyword === "template" || keyword === "block") {
      const [name, ...given] = rest;
      if (name?.kind !== "string") fail(`{{ ${keyword} }} needs a name in quotes`);
      const known = name.text.slice(1, -1);
      if (keyword === "template" && !isKnownTemplate(known)) {
        fail(
          `there is no template ${JSON.stringify(known)} (ours: ${ownParts.map((part) => `observability.slack.${part}`).join(", ")})`,
        );
      }
      if (keyword === "block") {
        // A template of its own: it sees no variable from outside.
        open.push({ keyword, variables: new Set(["$"]), hasElse: true });
      }
      if (given.length > 0) checkPipeline(given, new Set(current().variables), keyword);
    } else if (keyword === "define") fail("{{ define }} cannot stand within a template");
    else checkPipeline(first === undefined ? [] : [first, ...rest], current().variables, "");
  }
  const left = open.at(-1);
  if (left !== undefined) fail(`{{ ${left.keyword} }} has no {{ end }}`);
}

/** A pipeline, whose variable, where it declares one, is known from here on. */
function checkPipeline(tokens: Token[], variables: Set<string>, keyword: string): void {
  let rest = tokens;
  const declares = tokens.findIndex(({ text }) => text === ":=");
  if (declares > 0) {
    rest = tokens.slice(declares + 1);
    checkCommands(rest, variables, keyword);
    for (const { kind, text } of tokens.slice(0, declares)) {
      if (kind === "variable") variables.add(text);
    }
    return;
  }
  checkCommands(
    rest.filter(({ kind, text }) => kind !== "sign" || text !== "="),
    variables,
    keyword,
  );
}

function checkCommands(tokens: Token[], variables: Set<string>, keyword: string): void {
  const inside = keyword === "" ? "{{ }}" : `{{ ${keyword} }}`;
  let depth = 0;
  let isEmpty = true;
  let isPiped = false;
  for (const { kind, text } of tokens) {
    if (text === "|") {
      if (isEmpty) fail(`${inside} has nothing before a |`);
      isEmpty = true;
      isPiped = true;
      continue;
    }
    if (text === "(" && kind === "sign") {
      depth += 1;
      isEmpty = true;
      isPiped = false;
      continue;
    }
    if (text === ")" && kind === "sign") {
      depth -= 1;
      if (depth < 0 || (isEmpty && !isPiped))
        fail(`${inside} has a ) too many, or nothing before it`);
      continue;
    }
    if (kind === "word" && !/^(true|false|nil)$/.test(text) && !functions.has(text)) {
      fail(`there is no function ${text}`);
    }
    if (kind === "variable" && !variables.has(text)) fail(`nothing declares ${text}`);
    if (isEmpty && isPiped && (kind === "string" || kind === "constant")) {
      fail(`${text} after a | is no function`);
    }
    isEmpty = false;
  }
  if (depth > 0) fail(`${inside} has a ( that is not closed`);
  // Go takes a | at the end for nothing.
  if (isEmpty && !isPiped) fail(`${inside} has nothing to say`);
}
