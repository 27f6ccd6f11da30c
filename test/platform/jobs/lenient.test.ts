import { expect, it } from "vitest";
import { oneRecipe, startJobPlatform } from "./job-fixture.js";

const HEADER = "order_id,country,quantity,price,status\n";
const LENIENT = { jobs: { parsing: "lenient" } } as const;

it("fills short rows up and leaves what is too much in the last column, and says so in the log", async () => {
  const platform = await startJobPlatform(LENIENT);
  platform.put("orders/orders.csv", `${HEADER}1,DE,2,3,paid\n2,FR\n3,DE,1,5,paid,late\n`);
  const json = { recipe: "R", file: "s3://acme-dev/out/result.json", format: "json", action: "overwrite" };
  const csv = { recipe: "R", file: "s3://acme-dev/out/result.csv", format: "csv", action: "overwrite" };
  for (const output of [csv, json]) {
    const deployment = await platform.deploy(oneRecipe(["drop col: price action: Drop"], output));
    const ended = await platform.run(deployment);
    expect(ended).toMatchObject({ status: "Complete", failureReason: null });
    expect(await platform.log(ended.id)).toContain(
      'reading s3://acme-dev/orders/orders.csv of the dataset "orders.csv", line 3: the row has 2 columns, ' +
        "and the dataset's parsing steps make 5; files are read again, with rows made to fit\n",
    );
  }
  const rows = '1,DE,2,paid\n2,FR,,\n3,DE,1,"paid,late"\n';
  expect(platform.read("out/result.csv")).toBe(`${HEADER.replace("price,", "")}${rows}`);
  expect(platform.read("out/result.json").split("\n")[1]).toContain('"status":null');
});

it("still refuses a file in another encoding", async () => {
  const platform = await startJobPlatform(LENIENT);
  platform.put("orders/orders.csv", Buffer.from(`${HEADER}1,D\u00fcren,2,3,paid\n2\n`, "latin1"));
  const ended = await platform.run(await platform.deploy(oneRecipe([])));
  expect(ended["failureReason"]).toContain("is not in the encoding that the dataset says");
});

it.each([
  ["lines that end in two ways", "1,DE,2,3,paid\r\n2,FR,1,1,paid\n", "1,DE,2,3,paid\n2,FR,1,1,paid\n"],
  ["a carriage return outside of quotes", "1,D\rE,2,3,paid\n", '1,"D\rE",2,3,paid\n'],
])("takes %s, which the strict reading refuses with the file's name", async (_what, rows, written) => {
  const reason =
    'reading s3://acme-dev/orders/orders.csv of the dataset "orders.csv": its lines do not all end alike, ' +
    "or a carriage return stands outside of quotes";
  const strict = await startJobPlatform();
  strict.put("orders/orders.csv", HEADER + rows);
  expect((await strict.run(await strict.deploy(oneRecipe([]))))["failureReason"]).toBe(reason);
  const lenient = await startJobPlatform(LENIENT);
  lenient.put("orders/orders.csv", HEADER + rows);
  const ended = await lenient.run(await lenient.deploy(oneRecipe([])));
  expect(ended).toMatchObject({ status: "Complete", failureReason: null });
  expect(await lenient.log(ended.id)).toContain(`${reason}; files are read again, with rows made to fit\n`);
  expect(lenient.read("out/result.csv")).toBe(HEADER + written);
});
