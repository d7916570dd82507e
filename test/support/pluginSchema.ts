import { spawn } from "node:child_process";
import * as path from "node:path";
import { credentials } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { GetSchemaRequest } from "@pulumi/pulumi/proto/provider_pb";

/** The schema that a plugin written in JavaScript serves, asked for as the engine does. */
export async function pluginSchema(folder: string, main: string): Promise<any> {
  const plugin = spawn(process.execPath, [path.join(folder, main), "127.0.0.1:1"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const port = await new Promise<string>((resolve, reject) => {
      plugin.stdout.once("data", (line: Buffer) => resolve(line.toString().trim()));
      plugin.once("exit", (code) => reject(new Error(`the plugin exited with code ${code}`)));
    });
    const client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure());
    const schema = await new Promise<string>((resolve, reject) => {
      client.getSchema(new GetSchemaRequest(), (error, response) =>
        error ? reject(error) : resolve(response.getSchema()),
      );
    });
    client.close();
    return JSON.parse(schema);
  } finally {
    plugin.kill();
  }
}
