import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildFromSource, writePackage } from "../../flow/index.js";

/** UUID of the connection that packages name. */
export const PACKAGE_CONNECTION = "2d7c1650-7daa-11e9-b9eb-0fd11bed75ab";

/** What packages read, in any bucket, by path; and how many rows they make of it. */
export const FILES: Readonly<Record<string, string>> = Object.fromEntries(
  ["orders/orders.csv", "in/orders.csv"].map((path) => [
    path,
    "id,country,quantity\n1,DE,2\n2,FR,1\n3,DE,5\n",
  ]),
);
export const ROWS = 3;
/** Buckets that rules may make of the packages' own. */
export const BUCKETS = ["acme-dev", "acme-prod", "acme-eu"];

/** Parameters of every package, each with its default. */
const PARAMETERS = { region: "01", day: "1" };
/** What programs call the first of them by mistake. */
export const MISSPELT = "regoin";

/** What tells one package from another; equal but for `exported` means equal content. */
export interface PackageSpec {
  /** A number in a step of its recipe. */
  readonly factor: number;
  /** Name of the file that it writes. */
  readonly output: string;
  /** Whether it reads a table too, through the connection that rules map. */
  readonly usesWarehouse: boolean;
  /** The how many-th export of the same flow: other uuid and date. */
  readonly exported: number;
}

/** UUID of the export, which the platform shows at the release. */
export function packageUuid(spec: PackageSpec): string {
  const hex = createHash("sha256")
    .update(JSON.stringify(toKey(spec)))
    .digest("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    "-",
  );
}

/** Equal for packages of the same content. */
export function contentKey(spec: PackageSpec): string {
  return JSON.stringify(toKey({ ...spec, exported: 0 }));
}

function toKey({ factor, output, usesWarehouse, exported }: PackageSpec): unknown {
  return [factor, output, usesWarehouse, exported];
}

/** Writes packages into a folder, each once. */
export class PackageFolder {
  readonly #written = new Map<string, Promise<string>>();

  constructor(private readonly folder: string) {}

  /** Path of the package. */
  path(spec: PackageSpec): Promise<string> {
    const uuid = packageUuid(spec);
    let path = this.#written.get(uuid);
    if (path === undefined) {
      path = this.#write(uuid, spec);
      this.#written.set(uuid, path);
    }
    return path;
  }

  async #write(uuid: string, spec: PackageSpec): Promise<string> {
    const path = join(this.folder, `${uuid}.zip`);
    await writeFile(path, await writePackage(buildFromSource(toSource(uuid, spec), path)));
    return path;
  }
}

function toSource(uuid: string, { factor, output, usesWarehouse, exported }: PackageSpec): unknown {
  const warehouse = { uuid: PACKAGE_CONNECTION, vendor: "postgres" };
  const countries = { connection: "warehouse", table: "reference.countries", columns: ["code", "name"] };
  return {
    uuid,
    exportedAt: new Date(Date.UTC(2024, 0, 1 + exported)).toISOString(),
    connections: usesWarehouse ? { warehouse } : {},
    flows: [
      {
        name: "Orders",
        parameters: PARAMETERS,
        datasets: {
          "orders.csv": { file: "s3://acme-dev/orders/orders.csv", columns: ["id", "country", "quantity"] },
          ...(usesWarehouse && { Countries: countries }),
        },
        recipes: {
          Clean: {
            from: "orders.csv",
            steps: [
              `derive type: single value: quantity * ${factor} as: 'scaled'`,
              ...(usesWarehouse ? ["lookup with: Countries col: country key: code as: 'name'"] : []),
            ],
          },
        },
        outputs: [{ recipe: "Clean", file: `s3://acme-dev/out/${output}.csv`, action: "overwrite" }],
      },
    ],
  };
}
