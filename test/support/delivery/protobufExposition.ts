/*
 * The Protobuf format in which client libraries expose native histograms: messages of the type
 * io.prometheus.client.MetricFamily, each after its length.
 */

export const protobufContentType =
  "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited";

/** Observations of one latency, in seconds. */
export interface Observations {
  seconds: number;
  count: number;
}

/** A histogram whose buckets have the growth factor of a schema: 2 to the power of 2 to the -schema. */
export interface ExposedHistogram {
  name: string;
  labels: Record<string, string>;
  observations: Observations[];
  /** Upper bounds of its classic buckets, if it has them. */
  classicBounds?: number[];
}

const schema = 3;
const histogramType = 4;
const numberTypes = { counter: 0, gauge: 1 };

/** A page of lines in the text format, without comments, and of histograms. */
export function protobufPage(lines: string[], histograms: ExposedHistogram[]): Buffer {
  const families = new Map<string, Buffer[]>();
  for (const line of lines) {
    const [, name = "", labels = "", value = ""] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    const pairs = [...labels.matchAll(/(\w+)="(.*?)"/g)].map(([, key = "", text = ""]) => [
      key,
      text,
    ]);
    const metric = message(
      ...labelPairs(pairs),
      bytes(isCounter(name) ? 3 : 2, message(double(1, Number(value)))),
    );
    families.set(name, [...(families.get(name) ?? []), metric]);
  }
  return Buffer.concat([
    ...[...families].map(([name, metrics]) =>
      family(name, isCounter(name) ? numberTypes.counter : numberTypes.gauge, metrics),
    ),
    ...histograms.map((histogram) =>
      family(histogram.name, histogramType, [
        message(...labelPairs(Object.entries(histogram.labels)), bytes(7, histogramOf(histogram))),
      ]),
    ),
  ]);
}

const isCounter = (name: string) => name.endsWith("_total");

function family(name: string, type: number, metrics: Buffer[]): Buffer {
  const content = message(
    bytes(1, Buffer.from(name)),
    integer(3, type),
    ...metrics.map((metric) => bytes(4, metric)),
  );
  return Buffer.concat([varint(content.length), content]);
}

function labelPairs(labels: string[][]): Buffer[] {
  return labels.map(([name = "", value = ""]) =>
    bytes(1, message(bytes(1, Buffer.from(name)), bytes(2, Buffer.from(value)))),
  );
}

function histogramOf({ observations, classicBounds = [] }: ExposedHistogram): Buffer {
  const counts = new Map<number, number>();
  for (const { seconds, count } of observations) {
    const index = Math.ceil(Math.log2(seconds) * 2 ** schema);
    counts.set(index, (counts.get(index) ?? 0) + Math.floor(count));
  }
  const buckets = [...counts].sort(([a], [b]) => a - b);
  const total = sumOf(buckets.map(([, count]) => count));
  const cumulative = classicBounds.map((bound) =>
    bytes(
      3,
      message(
        integer(
          1,
          sumOf(
            observations
              .filter(({ seconds }) => seconds <= bound)
              .map(({ count }) => Math.floor(count)),
          ),
        ),
        double(2, bound),
      ),
    ),
  );
  let previous: [index: number, count: number] = [-1, 0];
  const spans: Buffer[] = [];
  const deltas: Buffer[] = [];
  for (const [index, count] of buckets) {
    // Each bucket is a span of its own; the offset of the first is its index.
    const offset = spans.length === 0 ? index : index - previous[0] - 1;
    spans.push(bytes(12, message(integer(1, zigzag(offset)), integer(2, 1))));
    deltas.push(integer(13, zigzag(count - previous[1])));
    previous = [index, count];
  }
  return message(
    integer(1, total),
    double(2, sumOf(observations.map(({ seconds, count }) => seconds * Math.floor(count)))),
    ...cumulative,
    integer(5, zigzag(schema)),
    double(6, 1e-9),
    integer(7, 0),
    ...spans,
    ...deltas,
  );
}

function sumOf(numbers: number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

const message = (...fields: Buffer[]) => Buffer.concat(fields);
const zigzag = (number: number) => (number >= 0 ? 2 * number : -2 * number - 1);
const integer = (field: number, value: number) => Buffer.concat([varint(field * 8), varint(value)]);
const bytes = (field: number, value: Buffer) =>
  Buffer.concat([varint(field * 8 + 2), varint(value.length), value]);

function double(field: number, value: number): Buffer {
  const content = Buffer.alloc(8);
  content.writeDoubleLE(value);
  return Buffer.concat([varint(field * 8 + 1), content]);
}

function varint(value: number): Buffer {
  const found: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) found.push((rest % 128) + 128);
  return Buffer.from([...found, rest]);
}
