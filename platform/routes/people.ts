import type { FastifyInstance } from "fastify";
import { hashPassword } from "../auth.js";
import { AccessControlException, ConflictException, DataNotFoundException } from "../errors.js";
import type { Collection } from "../listing.js";
import type { Caller, Platform } from "../platform.js";
import { registerReading } from "../reading.js";
import type { Selectable } from "kysely";
import type { PersonRow } from "../store/schema.js";

type Person = Selectable<PersonRow>;

const PEOPLE: Collection<Person> = {
  name: "people",
  columns: { id: "people.id", email: "people.email", name: "people.name", createdAt: "people.createdAt" },
  defaultSort: "id",
  embeds: {},
  toObject: (row) => ({
    id: row.id,
    email: row.email,
    name: row.name,
    isDisabled: row.isDisabled === 1,
    isAdmin: row.isAdmin === 1,
    isReadOnly: row.isReadOnly === 1,
    isDeployer: row.isDeployer === 1,
    state: row.isDisabled ? "disabled" : "active",
    lastLoginTime: row.lastLoginTime,
    createdAt: row.createdAt,
    updatedAt: row.updatedAt,
  }),
};

interface NewPerson {
  email: string;
  name?: string;
  password?: string;
  isAdmin?: boolean;
  isReadOnly?: boolean;
  isDeployer?: boolean;
}

const newPersonSchema = {
  type: "object",
  properties: {
    email: { type: "string", minLength: 3, maxLength: 254, pattern: "^[^\\s:@]+@[^\\s:@]+$" },
    name: { type: "string", maxLength: 200 },
    password: { type: "string", minLength: 8, maxLength: 200 },
    isAdmin: { type: "boolean" },
    isReadOnly: { type: "boolean", description: "true: changes nothing but their own tokens" },
    isDeployer: { type: "boolean", description: "false: without the deployment role; true when not given" },
  },
  required: ["email"],
  additionalProperties: false,
} as const;

/** `/v4/people`. Making people is an extension: the product's API has no call for it. */
export function registerPeople(app: FastifyInstance, platform: Platform): void {
  const visible = (caller: Caller) =>
    platform.database.selectFrom("people").selectAll().where("environmentId", "=", caller.environmentId);

  registerReading(app, {
    path: "/v4/people",
    noun: "person",
    plural: "people",
    collection: PEOPLE,
    select: visible,
    find: async (caller, id) => {
      const person = await visible(caller).where("id", "=", id).executeTakeFirst();
      if (!person) throw new DataNotFoundException(`There is no person ${id} in this environment`);
      return person;
    },
  });

  app.get("/v4/people/current", { config: { summary: "The caller" } }, async (request) =>
    PEOPLE.toObject(
      await visible(request.caller).where("id", "=", request.caller.personId).executeTakeFirstOrThrow(),
    ),
  );

  app.post<{ Body: NewPerson }>(
    "/v4/people",
    {
      schema: { body: newPersonSchema },
      config: { summary: "Make a person", status: 201, isExtension: true },
    },
    async (request) => {
      if (!request.caller.isAdmin) throw new AccessControlException("Only an administrator may make people");
      return PEOPLE.toObject(await makePerson(platform, request.caller, request.body));
    },
  );
}

async function makePerson(platform: Platform, caller: Caller, body: NewPerson): Promise<Person> {
  const passwordHash = body.password === undefined ? null : await hashPassword(body.password);
  const now = new Date().toISOString();
  const person = await platform.database
    .insertInto("people")
    .values({
      environmentId: caller.environmentId,
      email: body.email,
      name: body.name ?? body.email,
      isAdmin: body.isAdmin ? 1 : 0,
      isDisabled: 0,
      isReadOnly: body.isReadOnly ? 1 : 0,
      isDeployer: body.isDeployer === false ? 0 : 1,
      passwordHash,
      lastLoginTime: null,
      createdAt: now,
      updatedAt: now,
    })
    .onConflict((conflict) => conflict.columns(["environmentId", "email"]).doNothing())
    .returningAll()
    .executeTakeFirst();
  if (!person) throw new ConflictException(`There is already a person with the address ${body.email} here`);
  return person;
}
