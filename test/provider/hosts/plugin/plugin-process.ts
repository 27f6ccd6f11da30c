import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { credentials } from "@grpc/grpc-js";
import type { MethodDefinition, ServiceError } from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb.js";

const EXECUTABLE = join(__dirname, "..", "..", "..", "..", "bin", "pulumi-resource-sluice");
/** As the engine allows. */
const LARGEST_MESSAGE_BYTES = 400 * 1024 * 1024;

/** The plugin as the engine starts it: the compiled executable in a process of its own, spoken to over gRPC. */
export class PluginProcess {
  readonly #client: ResourceProviderClient;

  private constructor(
    readonly process: ChildProcess,
    port: string,
  ) {
    this.#client = new ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure(), {
      "grpc.max_receive_message_length": LARGEST_MESSAGE_BYTES,
      "grpc.max_send_message_length": LARGEST_MESSAGE_BYTES,
    });
  }

  /** Starts it in a folder and waits for its port. Rejects with what it printed when it ends before that. */
  static async start(
    environment: Readonly<Record<string, string>> = {},
    folder?: string,
  ): Promise<PluginProcess> {
    const child = spawn(EXECUTABLE, [], {
      cwd: folder,
      env: { ...process.env, ...environment },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let complaint = "";
    child.stderr.on("data", (text: Buffer) => (complaint += text.toString()));
    const port = await Promise.race([
      once(createInterface(child.stdout), "line").then(([line]) => String(line)),
      once(child, "exit").then(() => Promise.reject(new Error(`the plugin ended at once: ${complaint}`))),
    ]);
    return new PluginProcess(child, port);
  }

  /** One call. Rejects with what the plugin answers in place of a message. */
  async call<Request, Answer>(method: MethodDefinition<Request, Answer>, request: Request): Promise<Answer> {
    return new Promise<Answer>((resolve, reject) => {
      this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        (error: ServiceError | null, answer?: Answer) => {
          if (error) reject(error);
          else if (answer !== undefined) resolve(answer);
          else reject(new Error(`${method.path} was not answered`));
        },
      );
    });
  }

  /** One call with any number of answers. Rejects with what the plugin answers in place of the next one. */
  async callMany<Request, Answer>(
    method: MethodDefinition<Request, Answer>,
    request: Request,
  ): Promise<Answer[]> {
    const { path, requestSerialize, responseDeserialize } = method;
    const stream = this.#client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request);
    return stream.toArray() as Promise<Answer[]>;
  }

  /** Ends it the way the engine does. */
  async close(): Promise<void> {
    this.#client.close();
    if (this.process.exitCode !== null || this.process.signalCode !== null) return;
    const end = once(this.process, "exit");
    this.process.kill("SIGINT");
    await end;
  }
}
