import { describe, expect, it } from "vitest";
import { importCommand } from "../../../../provider/hosts/plugin/import-command.js";

const CONNECTION = "urn:pulumi:prod::shop::sluice:index:Connection::warehouse";

describe("the command that takes an object into state", () => {
  it("names the resource's type, its name and the object", () => {
    expect(importCommand(CONNECTION, "7", undefined)).toBe(
      "pulumi import --generate-code=false --protect=false sluice:index:Connection warehouse 7",
    );
  });

  it("leaves out the provider that the engine makes itself", () => {
    const provider = "urn:pulumi:prod::shop::pulumi:providers:sluice::default_0_1_0";
    expect(importCommand(CONNECTION, "7", provider)).toBe(
      "pulumi import --generate-code=false --protect=false sluice:index:Connection warehouse 7",
    );
  });

  it("names a provider that the program makes, as the stack's settings may be for another platform", () => {
    const provider = "urn:pulumi:prod::shop::pulumi:providers:sluice::staging";
    expect(importCommand(CONNECTION, "7", provider)).toBe(
      "pulumi import --generate-code=false --protect=false --provider provider=urn:pulumi:prod::shop::pulumi:providers:sluice::staging sluice:index:Connection warehouse 7",
    );
  });

  it("has a place for the name of the component around it, which a provider is not told", () => {
    const urn = "urn:pulumi:prod::shop::shop:Region$shop:Team$sluice:index:Connection::warehouse";
    expect(importCommand(urn, "7", undefined)).toBe(
      "pulumi import --generate-code=false --protect=false --parent 'parent=urn:pulumi:prod::shop::shop:Region$shop:Team::<name of the shop:Team>' sluice:index:Connection warehouse 7",
    );
  });

  it("quotes what a shell would take for something else", () => {
    const urn = "urn:pulumi:prod::shop::sluice:index:Connection::the team's::$HOME";
    expect(importCommand(urn, "eu west/7", undefined)).toBe(
      String.raw`pulumi import --generate-code=false --protect=false sluice:index:Connection 'the team'\''s::$HOME' 'eu west/7'`,
    );
  });
});
