import { shown } from "../engine/violation";
import { Path, Plain, at, entriesAt, formatPath, isMap, isText } from "../facts/plain";
import { parseQuantity } from "../shared/quantity";

/** A request or limit whose unit is probably not what the author meant. */
export interface WrongQuantity {
  path: Path;
  problem: string;
  found: string;
  fix: string;
}

/** Plausible bounds: no process starts with less memory, and no node has more cores. */
const leastBytes = 1024 ** 2;
const mostCores = 128;

/** Finds requests and limits with an implausible unit, anywhere in chart values or a workload's spec. */
export function wrongQuantities(value: Plain, path: Path): WrongQuantity[] {
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => wrongQuantities(item, [...path, index]));
  }
  return [
    ...limitsBelowRequests(value, path),
    ...entriesAt(value).flatMap(([key, item]) => {
      const inside = [...path, key];
      const isBounds = /^(requests|limits)$/.test(key) && isMap(item) && !isMap(at(item, "memory"));
      return isBounds ? wrongIn(item, inside) : wrongQuantities(item, inside);
    }),
  ];
}

/** Finds limits below the requests. The API server rejects such pods. */
function limitsBelowRequests(resources: Plain, path: Path): WrongQuantity[] {
  return ["memory", "cpu"].flatMap((name) => {
    const [request, limit] = ["requests", "limits"].map((key) => at(resources, key, name));
    const [requested, limited] = [parseQuantity(request), parseQuantity(limit)];
    if (requested === undefined || limited === undefined || limited >= requested) return [];
    const place = [...path, "limits", name];
    return {
      path: place,
      problem: "the limit is below the request, so the API server rejects the pods",
      found: `${shown(limit)}, and a request of ${shown(request)}`,
      fix: `set ${formatPath(place)} to at least ${shown(request)}`,
    };
  });
}

function wrongIn(bounds: Plain, path: Path): WrongQuantity[] {
  const wrong: WrongQuantity[] = [];
  const report = (name: string, value: Plain, problem: string, fix: string) => {
    const place = [...path, name];
    wrong.push({
      path: place,
      problem,
      found: shown(value),
      fix: `set ${formatPath(place)}: ${fix}`,
    });
  };
  const [memory, cpu] = [at(bounds, "memory"), at(bounds, "cpu")];
  const bytes = parseQuantity(memory);
  if (bytes !== undefined && bytes > 0 && bytes < leastBytes) {
    const digits = /^[\d.]+/.exec(String(memory))?.[0] ?? "512";
    const text = Number(digits) < 64 ? `${digits}Gi` : `${digits}Mi`;
    report(
      "memory",
      memory,
      "the memory is less than 1 MiB, because m means thousandths of a byte",
      text,
    );
  }
  if (isText(memory) && memory !== "" && bytes === undefined && !/[{$]/.test(memory)) {
    const [, digits, unit = ""] = /^([\d.]+)\s*([KMGT])i?B?$/i.exec(memory) ?? [];
    const text = digits === undefined ? "512Mi" : `${digits}${unit.toUpperCase()}i`;
    report("memory", memory, "the memory is not a valid Kubernetes quantity", text);
  }
  const cores = isText(cpu) || typeof cpu === "number" ? parseQuantity(cpu) : undefined;
  if (cores !== undefined && cores > mostCores) {
    report(
      "cpu",
      cpu,
      "the CPU is more cores than a node has, probably because m is missing",
      `${String(cpu)}m`,
    );
  }
  return wrong;
}
