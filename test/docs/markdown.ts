import * as fs from "node:fs";
import * as path from "node:path";
import { projectDirectory } from "../support/stackConfig";

/** A part of a page and its position. */
export interface Excerpt {
  /** Path of the page, relative to the project folder. */
  file: string;
  line: number;
  text: string;
}

/** Paths of all Markdown pages, relative to the project folder. */
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

/** Contents of the fenced code blocks in a language. */
export function blocksOf(file: string, language: string): Excerpt[] {
  const text = readPage(file);
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(
    ({ 1: block = "", index }) => ({ file, line: lineAt(text, index) + 1, text: block }),
  );
}

/** Lines outside of fenced code blocks. */
export function proseOf(file: string): Excerpt[] {
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
  /** Path relative to the folder of the page; a link to a heading of the same page has its own path. */
  target: string;
  anchor: string | undefined;
}

/** Relative links of a page, with their optional anchors. */
export function linksOf(file: string): Link[] {
  return proseOf(file).flatMap(({ line, text }) =>
    [...text.matchAll(/(?:\]\(|^\[[^\]]+\]: |(?:href|src)=")([^)\s"]+)/g)]
      .map(([, link = ""]) => link)
      .filter((link) => !/^[a-z]+:/.test(link))
      .map((link) => {
        const [target = "", anchor] = link.split("#");
        return { line, target: target === "" ? path.basename(file) : target, anchor };
      }),
  );
}

/** Cells of a table row; empty for other lines. */
export function cellsOf(line: string): string[] {
  if (!line.startsWith("|")) return [];
  return line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim());
}

/** Code spans of a text. */
export function codeIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code.replaceAll("\\|", "|"));
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split("\n").length;
}
