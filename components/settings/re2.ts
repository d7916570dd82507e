/**
 * What makes an expression one that RE2 refuses, which the log collectors compile it with; undefined
 * when nothing was found. Node has no RE2: this knows its syntax, not every name of a Unicode class.
 */
export function re2Problem(expression: string): string | undefined {
  try {
    read(expression);
    return undefined;
  } catch (error) {
    if (error instanceof Refused) return error.message;
    throw error;
  }
}

/** How many groups of an expression capture; only for one that RE2 takes. */
export function capturingGroups(expression: string): number {
  return read(expression);
}

class Refused extends Error {}

const flags = /^\?[imsU]*(?:-[imsU]+)?([:)])/;
const named = /^\?P?<\w+>/;
const repetition = /^(?:[*+?]|\{(\d+)(,(\d*))?\})/;
const posixClass =
  /^\[:\^?(?:alnum|alpha|ascii|blank|cntrl|digit|graph|lower|print|punct|space|upper|word|xdigit):\]/;
const maxRepetitions = 1000;

/** Reads an expression from left to right; returns the number of its capturing groups. */
function read(expression: string): number {
  let rest = expression;
  let captured = 0;
  let open = 0;
  let repeatable = false;
  const take = (length: number) => (rest = rest.slice(length));

  while (rest !== "") {
    const repeated = repetition.exec(rest);
    if (repeated !== null) {
      if (!repeatable) throw new Refused(`has nothing that ${repeated[0]} could repeat`);
      checkRepetition(repeated);
      take(repeated[0].length + (rest[repeated[0].length] === "?" ? 1 : 0));
      repeatable = false;
      continue;
    }
    repeatable = true;
    if (rest.startsWith("(?")) {
      const name = named.exec(rest.slice(1));
      const flag = flags.exec(rest.slice(1));
      if (name !== null) {
        captured += 1;
        open += 1;
        take(1 + name[0].length);
      } else if (flag !== null && flag[0] !== "?)") {
        if (flag[1] === ":") open += 1;
        take(1 + flag[0].length);
      } else {
        throw new Refused(`has ${rest.slice(0, 4)}, and RE2 knows no lookahead or lookbehind`);
      }
      repeatable = false;
    } else if (rest.startsWith("(")) {
      captured += 1;
      open += 1;
      take(1);
      repeatable = false;
    } else if (rest.startsWith(")")) {
      if (open === 0) throw new Refused("has a ) without its (");
      open -= 1;
      take(1);
    } else if (rest.startsWith("[")) {
      take(classLength(rest));
    } else if (rest.startsWith("\\Q")) {
      const end = rest.indexOf("\\E");
      take(end === -1 ? rest.length : end + 2);
    } else if (rest.startsWith("\\")) {
      take(escape(rest, /^\\[AbBz]/).length);
    } else {
      repeatable = !rest.startsWith("|");
      take(1);
    }
  }
  if (open > 0) throw new Refused("has a ( without its )");
  return captured;
}

function checkRepetition([text, least, range, most]: RegExpExecArray): void {
  if (least === undefined) return;
  const highest = range === undefined || most === "" ? least : (most ?? least);
  if (Number(highest) > maxRepetitions || Number(least) > maxRepetitions) {
    throw new Refused(`has ${text}, and RE2 repeats at most ${maxRepetitions} times`);
  }
  if (Number(least) > Number(highest))
    throw new Refused(`has ${text}, which ends before it starts`);
}

/** The escape that a text starts with: of a class of characters, of one, or of those given. */
function escape(text: string, further?: RegExp): string {
  const found =
    /^\\(?:[dDsSwW]|[pP](?:\{\^?\w+\}|[A-Z])|[aftnrv]|x(?:[0-9A-Fa-f]{2}|\{[0-9A-Fa-f]{1,6}\})|0[0-7]{0,2}|[^\w]|_)/u.exec(
      text,
    ) ?? further?.exec(text);
  if (found) return found[0];
  if (text === "\\") throw new Refused("ends with a backslash");
  if (/^\\[1-9]/.test(text))
    throw new Refused(`has ${text.slice(0, 2)}, and RE2 knows no back-references`);
  throw new Refused(`has ${text.slice(0, 2)}, which RE2 does not know`);
}

/** Length of the character class that a text starts with. */
function classLength(text: string): number {
  let at = text.startsWith("[^") ? 2 : 1;
  for (let first = true; at < text.length; first = false) {
    if (text[at] === "]" && !first) return at + 1;
    const rest = text.slice(at);
    const posix = posixClass.exec(rest)?.[0];
    if (posix === undefined && /^\[:\^?\w+:\]/.test(rest)) {
      throw new Refused(`has ${rest.slice(0, rest.indexOf("]") + 1)}, which RE2 does not know`);
    }
    const from = posix ?? character(rest);
    at += from.length;
    const range = /^-(?!\])/.test(text.slice(at)) && posix === undefined;
    if (!range || /^\\[dDsSwWpP]/.test(from)) continue;
    const to = character(text.slice(at + 1));
    if (isPlain(from) && isPlain(to) && from > to) {
      throw new Refused(`has ${from}-${to}, which ends before it starts`);
    }
    at += 1 + to.length;
  }
  throw new Refused("has a [ without its ]");
}

function character(text: string): string {
  return text.startsWith("\\") ? escape(text) : text.slice(0, 1);
}

function isPlain(character: string): boolean {
  return character.length === 1;
}
