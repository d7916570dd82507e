import { Problem } from "../../components/shared/problems";
import { isSecretKey } from "../../components/secrets/secrets";
import { keyOfArgument } from "./argumentKeys";

/** Turns a problem with an argument into a problem with the key that determines the argument. */
export function translateProblem(part: string, problem: Problem): Problem {
  const [argument, ...rest] = problem.path;
  const key = argument === undefined ? undefined : keyOfArgument(part, argument);
  if (key === undefined) return { ...problem, path: [part, ...problem.path] };
  const path = [...key.split("."), ...rest];
  if (!isSecretKey(key)) return { ...problem, path };
  const { value, code, rule, fix } = problem;
  return { path, code, rule, fix: value === undefined ? fix : { kind: "remove" } };
}
