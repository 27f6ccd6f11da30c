import { contentKey, PACKAGE_CONNECTION } from "./fuzz-packages.js";
import type { PackageSpec } from "./fuzz-packages.js";
import type { Variant } from "./fuzz-platform.js";
import {
  activate,
  EMPTY_CONNECTION,
  emptyDeployment,
  newRelease,
  NO_ID,
  toTimeBased,
} from "./model-objects.js";
import type { ModelConnection, ModelDeployment, ModelRelease } from "./model-objects.js";
import { parentOf } from "./program.js";
import type {
  ConnectionDeclaration,
  Declared,
  DeploymentDeclaration,
  ReleaseDeclaration,
  RulesDeclaration,
  ScheduleDeclaration,
  Slot,
  ValueRule,
} from "./program.js";
import type { Picture, PicturedConnection } from "./picture.js";

/**
 * What the platform should hold, worked out of programs and hand edits alone. Plain values, so that `structuredClone`
 * copies it; knows nothing of the provider or the platform's code.
 */
export class PlatformModel {
  connections: ModelConnection[] = [];
  deployments: ModelDeployment[] = [];
  /** Ids of releases that `keepReleases` took away: an update that broke off may have left them. */
  pruned: { deployment: Slot; release: ModelRelease }[] = [];
  #serial = 0;
  #idsOfGone = new Map<number, string>();

  constructor(readonly variant: Variant) {}

  copy(): PlatformModel {
    const copy = new PlatformModel(this.variant);
    copy.connections = structuredClone(this.connections);
    copy.deployments = structuredClone(this.deployments);
    copy.pruned = structuredClone(this.pruned);
    copy.#serial = this.#serial;
    copy.#idsOfGone = new Map(this.#idsOfGone);
    return copy;
  }

  /**
   * What an update makes of it. Answers slots of deployments that it must refuse to delete, because they hold releases of
   * somebody else; everything else is done.
   */
  apply(resources: readonly Declared[]): Slot[] {
    const stated = new Set(resources.map(({ slot }) => slot));
    for (const { slot, declaration } of resources) {
      switch (declaration.kind) {
        case "Connection":
          this.#applyConnection(slot, declaration);
          break;
        case "Deployment":
          this.#applyDeployment(slot, declaration);
          break;
        case "ImportRules":
          this.#applyRules(slot, declaration);
          break;
        case "Release":
          this.#applyRelease(slot, declaration, resources);
          break;
        case "Schedule":
          this.#applySchedule(slot, declaration);
          break;
      }
    }
    return this.#remove(stated);
  }

  deploymentOf(slot: Slot): ModelDeployment | undefined {
    return this.deployments.find((deployment) => deployment.slot === parentOf(slot));
  }

  /** Everything as a picture; `with` of rules is the connection's place in the list. */
  expected(): Omit<Picture, "jobGroups" | "orphans"> {
    return {
      connections: this.connections.map(({ slot: _slot, serial: _serial, ...rest }) => rest),
      deployments: this.deployments.map(
        ({
          slot: _slot,
          forceDelete: _force,
          current: _current,
          isCurrentActive: _active,
          hasOwnRules: _own,
          rules,
          ...rest
        }) => ({
          ...rest,
          rules: {
            ...rules,
            connections: rules.connections.map((rule) => ({
              ...rule,
              with:
                this.connections.find(({ serial }) => serial === rule.with)?.id ??
                this.#idsOfGone.get(rule.with) ??
                "gone",
            })),
          },
          releases: rest.releases.map(({ key: _key, isEdited: _edited, ...release }) => release),
          schedules: rest.schedules.map(({ slot: _own, runs, ...schedule }) => ({
            ...schedule,
            runs: runs?.id ?? null,
          })),
        }),
      ),
    };
  }

  /** A person made it. */
  addConnection(connection: Omit<PicturedConnection, "id">): void {
    this.#serial += 1;
    this.connections.push({ ...connection, id: NO_ID, slot: null, serial: this.#serial });
  }

  /** A person made it. */
  addDeployment(name: string): void {
    this.deployments.push({ ...emptyDeployment(), slot: null, name });
  }

  /** It is gone from the platform, and so is what was bound to its flow. */
  removeRelease(deployment: ModelDeployment, isGone: (release: ModelRelease) => boolean): void {
    deployment.releases = deployment.releases.filter((release) => !isGone(release));
    deployment.schedules = deployment.schedules.filter(({ runs }) => runs === null || !isGone(runs));
  }

  /** Somebody else imported it, or activated it again: it is active now. */
  addRelease(
    deployment: ModelDeployment,
    release: { id: string; package: PackageSpec; notes: string; isMarked: boolean },
  ): void {
    activate(deployment, undefined);
    const { package: spec, ...rest } = release;
    const known = deployment.releases.find(({ id }) => id === release.id);
    const imported = Object.assign(known ?? newRelease(spec, null), rest, { isActive: true });
    if (known === undefined) deployment.releases.push(imported);
    // A program moves what was scheduled, a person does not.
    if (imported.isMarked) moveSchedules(deployment, imported);
  }

  /** What another program made is there from now on, and none of this one's business. */
  absorb({ connections, deployments }: PlatformModel): void {
    this.connections.push(...connections.map((one) => ({ ...one, slot: null, serial: -1 })));
    for (const deployment of deployments) {
      for (const release of deployment.releases) release.key = null;
      for (const schedule of deployment.schedules) schedule.slot = null;
      this.deployments.push({ ...deployment, slot: null, current: null });
    }
  }

  /** What a person's change of rules makes of those that are in force: rules of the same type and pattern are replaced. */
  changeByHand(present: ModelDeployment["rules"], given: readonly ValueRule[]): ModelDeployment["rules"] {
    const isLeft = ({ type, on }: ValueRule) =>
      this.variant.rules === "replace-by-key" && !given.some((one) => one.type === type && one.on === on);
    return { ...present, values: [...present.values.filter(isLeft), ...given] };
  }

  /** Takes connections away; rules that cannot be taken away go on pointing to them. */
  removeConnections(isGone: (connection: ModelConnection) => boolean): void {
    for (const { serial, id } of this.connections.filter(isGone)) this.#idsOfGone.set(serial, id);
    this.connections = this.connections.filter((connection) => !isGone(connection));
  }

  /** What a change of rules makes of those that are in force: the setting of the platform decides. */
  mergeRules(present: ModelDeployment["rules"], given: ModelDeployment["rules"]): ModelDeployment["rules"] {
    if (this.variant.rules === "replace-list") return given;
    // The program takes the effect from values that it does not state; connections stay for good.
    return {
      values: given.values,
      connections: given.connections.length > 0 ? given.connections : present.connections,
    };
  }

  #applyConnection(slot: Slot, wanted: ConnectionDeclaration): void {
    let known = this.connections.find((connection) => connection.slot === slot);
    if (known === undefined || (known.isGlobal && !wanted.isGlobal)) {
      this.connections = this.connections.filter((connection) => connection !== known);
      this.#serial += 1;
      known = { ...EMPTY_CONNECTION, slot, serial: this.#serial };
      this.connections.push(known);
    }
    const { name, host = null, port = null, params, description, isGlobal } = wanted;
    Object.assign(known, { name, host, port, params: { ...params }, description, isGlobal });
  }

  #applyDeployment(slot: Slot, { name, forceDelete }: DeploymentDeclaration): void {
    let known = this.deploymentOf(slot);
    if (known === undefined) {
      known = { ...emptyDeployment(), slot };
      this.deployments.push(known);
    }
    Object.assign(known, { name, forceDelete });
  }

  #applyRules(slot: Slot, wanted: RulesDeclaration): void {
    const deployment = this.deploymentOf(slot);
    if (deployment === undefined) return;
    deployment.rules = this.mergeRules(deployment.rules, this.#rules(wanted));
    deployment.hasOwnRules = true;
  }

  #rules({ warehouse, values }: RulesDeclaration): ModelDeployment["rules"] {
    const target = this.connections.find((connection) => connection.slot === warehouse);
    const connections =
      warehouse === undefined ? [] : [{ on: { uuid: PACKAGE_CONNECTION }, with: target?.serial ?? 0 }];
    return { connections, values: [...values] };
  }

  #applyRelease(slot: Slot, wanted: ReleaseDeclaration, resources: readonly Declared[]): void {
    const deployment = this.deploymentOf(slot);
    if (deployment === undefined) return;
    const stated = resources.find((other) => other.slot === `${parentOf(slot)}/rules`)?.declaration;
    const rules = this.#rules(stated?.kind === "ImportRules" ? stated : { kind: "ImportRules", values: [] });
    const key = JSON.stringify([contentKey(wanted.package), rules]);
    const before = deployment.releases.find((release) => release.isActive);
    const same = deployment.releases.filter((release) => release.key === key);
    let release = same.find(({ isActive }) => isActive) ?? same.at(-1);
    const isNew = release === undefined;
    if (release === undefined) {
      release = newRelease(wanted.package, key);
      deployment.releases.push(release);
    }
    // A person may have taken its marker away.
    if (deployment.current) deployment.current.isMarked = true;
    // What the program had running, and a person has put out of use, goes on when the one that is there shall not.
    const next =
      deployment.isCurrentActive && deployment.current !== release
        ? (deployment.current ?? undefined)
        : undefined;
    const isLeft = next !== undefined && deployment.releases.includes(next);
    Object.assign(deployment, { current: release, isCurrentActive: wanted.active });
    Object.assign(release, { notes: wanted.notes, isMarked: true });
    if (wanted.active) activate(deployment, release);
    else if (isNew && before) activate(deployment, before);
    else if (isNew || release.isActive) activate(deployment, isLeft ? next : undefined);
    if (wanted.active) moveSchedules(deployment, release);
    if (isNew) this.#prune(deployment, wanted.keepReleases, [release, before]);
  }

  /** Only the program's own; the oldest go, but never what runs or ran just before. */
  #prune(
    deployment: ModelDeployment,
    keep: number | undefined,
    spared: readonly (ModelRelease | undefined)[],
  ): void {
    if (keep === undefined) return;
    const ours = deployment.releases.filter(({ key }) => key !== null);
    const surplus = ours
      .filter((release) => !release.isActive && !spared.includes(release))
      .slice(0, Math.max(0, ours.length - keep));
    deployment.releases = deployment.releases.filter((release) => !surplus.includes(release));
    this.pruned.push(...surplus.map((release) => ({ deployment: deployment.slot ?? "", release })));
  }

  #applySchedule(slot: Slot, wanted: ScheduleDeclaration): void {
    const deployment = this.deploymentOf(slot);
    if (deployment === undefined) return;
    let known = deployment.schedules.find((schedule) => schedule.slot === slot);
    if (known === undefined) {
      const active = deployment.releases.find(({ isActive }) => isActive) ?? null;
      const runs = this.variant.schedules === "flows" ? active : null;
      known = { id: NO_ID, name: "", triggers: [], enabled: true, parameters: {}, slot, runs };
      deployment.schedules.push(known);
    }
    const { name, triggers, enabled = known.enabled, parameters } = wanted;
    Object.assign(known, {
      name,
      triggers: triggers.map(toTimeBased),
      enabled,
      parameters: { ...parameters },
    });
  }

  #remove(stated: ReadonlySet<Slot>): Slot[] {
    const refused: Slot[] = [];
    const isGone = (slot: Slot | null): slot is Slot => slot !== null && !stated.has(slot);
    for (const deployment of [...this.deployments]) {
      const { slot } = deployment;
      deployment.schedules = deployment.schedules.filter((schedule) => !isGone(schedule.slot));
      if (slot !== null && !stated.has(`${slot}/release`)) {
        deployment.releases = deployment.releases.filter(({ key }) => key === null);
        deployment.current = null;
      }
      if (slot !== null && deployment.hasOwnRules && !stated.has(`${slot}/rules`)) {
        deployment.rules = this.mergeRules(deployment.rules, { connections: [], values: [] });
        deployment.hasOwnRules = false;
      }
      if (!isGone(slot)) continue;
      if (deployment.releases.length > 0 && !deployment.forceDelete) refused.push(slot);
      else this.deployments = this.deployments.filter((other) => other !== deployment);
    }
    this.removeConnections((connection) => isGone(connection.slot));
    return refused;
  }
}

/** Schedules of flows follow what runs. */
function moveSchedules({ schedules }: ModelDeployment, release: ModelRelease): void {
  for (const schedule of schedules) if (schedule.runs !== null) schedule.runs = release;
}
