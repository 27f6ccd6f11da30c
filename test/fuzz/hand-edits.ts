import { readFile } from "node:fs/promises";
import type { PackageFolder } from "./fuzz-packages.js";
import type { Call } from "./picture.js";
import { SCHEDULES } from "./picture.js";
import { activate } from "./model-objects.js";
import type { ModelConnection, ModelDeployment, ModelRelease, ModelSchedule } from "./model-objects.js";
import type { PlatformModel } from "./platform-model.js";
import type { Slot } from "./program.js";
import type { HandEdit } from "./steps.js";

/** Where a person works. */
export interface Hands {
  readonly call: Call;
  readonly model: PlatformModel;
  readonly packages: PackageFolder;
}

/** Does it at the platform and in the model. False: there is nothing that it could be done to. */
export async function editByHand({ call, model, packages }: Hands, edit: HandEdit): Promise<boolean> {
  switch (edit.edit) {
    case "rename":
    case "delete":
    case "describe":
    case "pause": {
      const object = find(model, edit.slot);
      return object !== undefined && editObject(call, model, edit, object);
    }
    case "make":
      await make(call, model, edit);
      return true;
    case "rules":
    case "activate":
    case "deactivate":
    case "delete-release":
    case "notes":
    case "import":
    case "edit-flow":
    case "edit-recipe": {
      const deployment = model.deploymentOf(edit.deployment);
      return deployment !== undefined && editDeployment({ call, model, packages }, edit, deployment);
    }
  }
}

type Object =
  | { readonly kind: "connections"; readonly row: ModelConnection }
  | { readonly kind: "deployments"; readonly row: ModelDeployment }
  | { readonly kind: "schedules"; readonly row: ModelSchedule; readonly of: ModelDeployment };

function find(model: PlatformModel, slot: Slot): Object | undefined {
  const connection = model.connections.find((one) => one.slot === slot);
  if (connection) return { kind: "connections", row: connection };
  const deployment = model.deploymentOf(slot);
  if (deployment?.slot === slot) return { kind: "deployments", row: deployment };
  const schedule = deployment?.schedules.find((one) => one.slot === slot);
  return deployment && schedule && { kind: "schedules", row: schedule, of: deployment };
}

async function editObject(
  call: Call,
  model: PlatformModel,
  edit: Extract<HandEdit, { slot: Slot }>,
  object: Object,
): Promise<boolean> {
  const { kind, row } = object;
  const path = `${kind === "schedules" ? SCHEDULES[model.variant.schedules] : `/v4/${kind}`}/${row.id}`;
  if (edit.edit === "delete") {
    await call("DELETE", path);
    if (kind === "connections") model.removeConnections((one) => one === row);
    else if (kind === "deployments") model.deployments = model.deployments.filter((one) => one !== row);
    else object.of.schedules = object.of.schedules.filter((one) => one !== row);
    return true;
  }
  if (edit.edit === "pause") {
    if (kind !== "schedules") return false;
    await call("POST", `${path}/${edit.enabled ? "enable" : "disable"}`, {});
    row.enabled = edit.enabled;
    return true;
  }
  if (edit.edit === "describe") {
    if (kind !== "connections") return false;
    await call("PATCH", path, { description: edit.text });
    row.description = edit.text;
    return true;
  }
  if (kind === "schedules") return false;
  const name = `${edit.slot} by hand`;
  await call("PATCH", path, { name });
  row.name = name;
  return true;
}

async function make(
  call: Call,
  model: PlatformModel,
  { what, name }: HandEdit & { edit: "make" },
): Promise<void> {
  if (what === "deployment") {
    await call("POST", "/v4/deployments", { name });
    model.addDeployment(name);
    return;
  }
  const vendor = { vendor: "postgres", vendorName: "postgres", type: "jdbc", credentialType: "noAuth" };
  await call("POST", "/v4/connections", { name, ...vendor, params: {} });
  model.addConnection({ name, host: null, port: null, params: {}, description: "", isGlobal: false });
}

async function editDeployment(
  { call, model, packages }: Hands,
  edit: Extract<HandEdit, { deployment: Slot }>,
  deployment: ModelDeployment,
): Promise<boolean> {
  const { releases, id } = deployment;
  const active = releases.find(({ isActive }) => isActive);
  switch (edit.edit) {
    case "rules":
      // Where no program states any, the next one is right to refuse them.
      if (!deployment.hasOwnRules) return false;
      await call("PATCH", `/v4/deployments/${id}/valueImportRules`, edit.values);
      deployment.rules = model.changeByHand(deployment.rules, edit.values);
      return true;
    case "activate": {
      const chosen = releases[edit.pick % releases.length];
      if (chosen === undefined) return false;
      await call("PATCH", `/v4/releases/${chosen.id}`, { active: true });
      activate(deployment, chosen);
      return true;
    }
    case "deactivate":
      if (active === undefined) return false;
      await call("PATCH", `/v4/releases/${active.id}`, { active: false });
      active.isActive = false;
      return true;
    case "delete-release": {
      const chosen = releases[edit.pick % releases.length];
      if (chosen === undefined) return false;
      await call("DELETE", `/v4/releases/${chosen.id}`);
      model.removeRelease(deployment, (one) => one === chosen);
      return true;
    }
    case "notes":
      return active !== undefined && active === deployment.current && writeNotes(call, edit, active);
    case "import":
      model.addRelease(deployment, {
        id: await upload(call, id, await packages.path(edit.package)),
        package: edit.package,
        // The platform notes the flow's name where nobody says anything.
        notes: "Orders",
        isMarked: false,
      });
      return true;
    case "edit-flow":
      return active !== undefined && describeFlow(call, active, edit.text);
    case "edit-recipe":
      return active !== undefined && renameRecipe(call, active, edit.text);
  }
}

async function writeNotes(
  call: Call,
  { text, keepsMarker }: HandEdit & { edit: "notes" },
  release: ModelRelease,
): Promise<boolean> {
  // A marker that goes while the text stays is no drift: it comes back with the next change.
  const notesByHand = `${text} by hand`;
  const { notes } = await call<{ notes: string }>("GET", `/v4/releases/${release.id}`);
  const marker = /\[sluice v1 [^\]]*\]$/.exec(notes)?.[0] ?? "";
  await call("PATCH", `/v4/releases/${release.id}`, {
    notes: keepsMarker ? `${notesByHand} ${marker}` : notesByHand,
  });
  Object.assign(release, { notes: notesByHand, isMarked: keepsMarker && marker !== "" });
  return true;
}

async function upload(call: Call, deploymentId: string, path: string): Promise<string> {
  const form = new FormData();
  form.set("data", new Blob([new Uint8Array(await readFile(path))]), "by-hand.zip");
  const { release } = await call<{ release: { id: number } }>(
    "POST",
    `/v4/deployments/${deploymentId}/releases`,
    form,
  );
  return String(release.id);
}

async function describeFlow(call: Call, release: ModelRelease, text: string): Promise<boolean> {
  const flow = await flowOf(call, release);
  if (flow === undefined) return false;
  await call("PATCH", `/v4/flows/${flow}`, { description: `${text} by hand` });
  release.isEdited = true;
  return true;
}

async function renameRecipe(call: Call, release: ModelRelease, text: string): Promise<boolean> {
  const flow = await flowOf(call, release);
  const { data } = await call<{ data: { id: number; flow: { id: number } }[] }>(
    "GET",
    "/v4/wrangledDatasets?limit=500",
  );
  const recipe = data.find((one) => one.flow.id === flow);
  if (recipe === undefined) return false;
  await call("PATCH", `/v4/wrangledDatasets/${recipe.id}`, { name: `${text} by hand` });
  release.isEdited = true;
  return true;
}

async function flowOf(call: Call, { id }: ModelRelease): Promise<number | undefined> {
  const { flows } = await call<{ flows?: { data: { id: number }[] } }>(
    "GET",
    `/v4/releases/${id}?embed=flows`,
  );
  return flows?.data[0]?.id;
}
