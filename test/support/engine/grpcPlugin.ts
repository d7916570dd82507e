import * as grpc from "@grpc/grpc-js";
import { Struct, type JavaScriptValue } from "google-protobuf/google/protobuf/struct_pb";

/** A property bag as it travels to and from the engine: secrets and unknowns are marked values. */
export type Properties = Record<string, unknown>;

/** What the engine sends, and expects, in place of a value that is only known after deployment. */
export const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

const specialKey = "4dabf18193072939515e22adb298388d";
const secretMark = "1b47061264138c4ac30d75fd1eb44270";

export function secret(value: unknown): Properties {
  return { [specialKey]: secretMark, value };
}

export function isSecret(bag: Properties): boolean {
  return bag[specialKey] === secretMark;
}

/** A value without the marks of secrets, at every depth. */
export function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== "object" || value === null) return value;
  const bag = value as Properties;
  if (isSecret(bag)) return plain(bag["value"]);
  return Object.fromEntries(Object.entries(bag).map(([key, inner]) => [key, plain(inner)]));
}

export function toStruct(properties: Properties): Struct {
  return Struct.fromJavaScript(
    JSON.parse(JSON.stringify(properties)) as Record<string, JavaScriptValue>,
  );
}

export function fromStruct(struct: Struct | undefined): Properties {
  return struct === undefined ? {} : struct.toJavaScript();
}

/** A unary handler out of an asynchronous function; what it throws reaches the engine as an error. */
export function unary<Request, Response>(
  handle: (request: Request) => Promise<Response> | Response,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve(call.request)
      .then(handle)
      .then(
        (response) => callback(null, response),
        (error: unknown) =>
          callback({
            code: grpc.status.UNKNOWN,
            details: error instanceof Error ? error.message : String(error),
          }),
      );
  };
}

/**
 * Serves a plugin the way the engine starts one: on a free port of the loopback interface, written
 * as the first line of the output. Methods that `handlers` lacks answer "unimplemented".
 */
export function servePlugin(
  service: grpc.ServiceDefinition,
  handlers: grpc.UntypedServiceImplementation,
): void {
  const megabytes = 400 * 1024 * 1024;
  const server = new grpc.Server({
    "grpc.max_receive_message_length": megabytes,
    "grpc.max_send_message_length": megabytes,
  });
  server.addService(service, handlers);
  server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.stdout.write(`${port}\n`);
  });
}
