import * as pb from "@pulumi/pulumi/proto/provider_pb.js";
import { suggestWord } from "../../../flow/language/nearest-word.js";
import { Invocation } from "../../framework/invocation.js";
import { findFunction, functions } from "../../functions.js";
import { nameOfToken } from "../../framework/token.js";
import { isForUsers } from "../errors-for-users.js";
import type { Session } from "./session.js";
import { InvalidCall } from "./status.js";
import { decode, encode } from "./values.js";

/** Calls of the provider's functions. */
export class FunctionCalls {
  constructor(private readonly session: Session) {}

  async invoke(request: pb.InvokeRequest): Promise<pb.InvokeResponse> {
    const token = request.getTok();
    const name = nameOfToken(token) ?? "";
    const definition = findFunction(name);
    if (definition === undefined) {
      const guess = suggestWord(
        name || token,
        functions.map((known) => known.name),
      );
      throw new InvalidCall(`there is no function ${token} in this version of Sluice${guess}`);
    }
    const given = decode(request.getArgs());
    const response = new pb.InvokeResponse();
    try {
      const answer = await new Invocation(definition, this.session).invoke(given.values);
      if ("outputs" in answer) {
        // What is worked out of a secret may hold it.
        const secrets = given.secrets.length > 0 ? Object.keys(answer.outputs).map((key) => [key]) : [];
        return response.setReturn(encode(answer.outputs, secrets));
      }
      for (const { property, reason } of answer.failures)
        response.addFailures(new pb.CheckFailure().setProperty(property).setReason(reason));
    } catch (error) {
      if (!isForUsers(error)) throw error;
      response.addFailures(new pb.CheckFailure().setReason(error.message));
    }
    return response;
  }
}
