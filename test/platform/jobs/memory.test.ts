import { expect, it } from "vitest";
import { oneRecipe, startJobPlatform } from "./job-fixture.js";

it("spills to disk what does not fit into its memory", async () => {
  const platform = await startJobPlatform({ jobs: { workers: 1, memory: "128MB" } });
  const rows: string[] = ["order_id,country,quantity,price,status"];
  for (let id = 0; id < 1_500_000; id += 1)
    rows.push(`${id},a country of some length ${id},2,39.90,a status ${id}`);
  platform.put("orders/orders.csv", rows.join("\n"));
  const ended = await platform.run(await platform.deploy(oneRecipe(["deduplicate"])));
  expect(ended).toMatchObject({ status: "Complete", failureReason: null });
  const { body } = await platform.call("GET", "/v4/jobGroups/1/outputs");
  expect(body.files[0].rowCount).toBe(1_500_000);
}, 60_000);
