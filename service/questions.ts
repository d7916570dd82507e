import { ExpectedError } from "../preview/config/errors";
import { configurationRows } from "../stacks/config/documentation";
import type { ServiceItem } from "./addService";

/** A service setting that the command asks for. */
export interface Question {
  /** Path of the setting within the service. */
  path: string[];
  /** Name of the flag, without dashes. */
  flag: string;
  meaning: string;
  /** Values that the setting accepts. */
  values: string;
  default: string;
}

/** Settings that most services need. All others can be added in the stack file. */
const asked = [
  "kind",
  "probe",
  "namespace",
  "team",
  "language",
  "port",
  "portNumber",
  "path",
  "slo.availabilityPercent",
];

/** Returns the questions, worded as in docs/configuration.md. */
export function questions(): Question[] {
  const rows = configurationRows()["services"] ?? [];
  return asked.map((key) => {
    const row = rows.find((candidate) => candidate.key === `services[].${key}`);
    if (row === undefined) throw new Error(`services[] has no setting ${key}`);
    const path = key.split(".");
    const flag = path.at(-1)!.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const plain = (text: string) => text.replaceAll("`", "");
    return {
      path,
      flag,
      meaning: plain(row.meaning),
      values: plain(row.value),
      default: plain(row.default),
    };
  });
}

/** Returns the usage line of a flag. */
export function flagUsage(question: Question): string {
  const { flag, meaning, values, default: byDefault } = question;
  const value = values.includes(", ") && !values.startsWith("number") ? ` (${values})` : "";
  return `      --${flag} <value>\n${" ".repeat(27)}${meaning.replace(/\.$/, "")}${value} (default: ${byDefault})`;
}

/** Adds an answer to the service. An empty answer keeps the default, which needs no line in the file. */
export function withAnswer(service: ServiceItem, question: Question, answer: string): ServiceItem {
  if (answer === "") return service;
  const isNumber = question.values.includes("number") && Number.isFinite(Number(answer));
  const value = isNumber ? Number(answer) : answer;
  const [key = "", inner] = question.path;
  return {
    ...service,
    [key]: inner === undefined ? value : { ...(service[key] as object), [inner]: value },
  };
}

/**
 * Asks the questions that no flag has answered, and adds the answers to the service. Repeats each
 * question until the answer is valid.
 *
 * @param ask Returns the answer, or undefined if there is no terminal.
 * @param ruleFor Returns the rule that a setting of the service breaks.
 */
export async function askFor(
  service: ServiceItem,
  open: Question[],
  ask: (prompt: string) => Promise<string | undefined>,
  ruleFor: (service: ServiceItem, question: Question) => string | undefined,
): Promise<ServiceItem> {
  let answered = service;
  for (const question of open) {
    const prompt = `${question.meaning} (${question.values})\n  ${question.flag} [${question.default}]: `;
    for (;;) {
      const answer = await ask(prompt);
      if (answer === undefined) throw new ExpectedError("the input ended; nothing was written");
      const next = withAnswer(answered, question, answer.trim());
      const rule = ruleFor(next, question);
      if (rule === undefined) {
        answered = next;
        break;
      }
      process.stdout.write(`  ${question.flag} ${rule}\n`);
    }
  }
  return answered;
}
