import * as fs from "node:fs";
import * as path from "node:path";
import { projectDirectory } from "../support/stackConfig";

/** A piece of a page, and where it starts. */
export interface Piece {
  /** Path of the page from the project's folder. */
  file: string;
  line: number;
  text: string;
}

/** Every page that people read, as paths from the project's folder. */
export function pages(): string[] {
  const markdown = (folder: string) =>
    fs
      .readdirSync(path.join(projectDirectory, folder))
      .filter((name) => name.endsWith(".md"))
      .map((name) => path.posix.join(folder, name))
      .sort();
  return [...markdown("."), ...markdown("docs"), ...markdown("docs/runbooks")];
}

export function readPage(file: string): string {
  return fs.readFileSync(path.join(projectDirectory, file), "utf8");
}

/** The contents of the fenced blocks of one language. */
export function blocksOf(file: string, language: string): Piece[] {
  const text = readPage(file);
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(
    ({ 1: block = "", index }) => ({ file, line: lineAt(text, index) + 1, text: block }),
  );
}

/** The lines outside of fenced blocks. */
export function proseOf(file: string): Piece[] {
  let fenced = false;
  return readPage(file)
    .split("\n")
    .map((text, index) => ({ file, line: index + 1, text }))
    .filter(({ text }) => {
      const fence = text.startsWith("```");
      if (fence) fenced = !fenced;
      return !fence && !fenced;
    });
}

/** A relative link of a page. */
export interface Link {
  line: number;
  /** Path from the page's folder; the page itself for a link to one of its own headings. */
  target: string;
  anchor: string | undefined;
}

/** Every link of a page to a file, with or without a heading in it. */
export function linksOf(file: string): Link[] {
  return proseOf(file).flatMap(({ line, text }) =>
    [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link = ""]) => link)
      .filter((link) => !/^[a-z]+:/.test(link))
      .map((link) => {
        const [target = "", anchor] = link.split("#");
        return { line, target: target === "" ? path.basename(file) : target, anchor };
      }),
  );
}

/** The cells of a row of a table, or nothing where the line is none. */
export function cellsOf(line: string): string[] {
  if (!line.startsWith("|")) return [];
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** Texts between backticks. */
export function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code.replaceAll("\\|", "|"));
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
