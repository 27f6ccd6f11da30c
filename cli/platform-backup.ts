import { Command } from "commander";
import { loadPlatform } from "./load-platform.js";

/** `sluice platform backup`: one file of everything that a platform holds, without stopping it. */
export function backupCommand(): Command {
  return new Command("backup")
    .description("Back up a platform, running or not, into one file")
    .requiredOption("--data <directory>", "data directory of the platform")
    .requiredOption("--to <file>", "file to make; one that exists is not touched")
    .option("--key-to <file>", "write the key of stored credentials there, and not into the backup")
    .addHelpText(
      "after",
      "\nFiles of jobs (storage in the data directory, or where --storage and --map say) are not part of it.",
    )
    .action(async (options: { data: string; to: string; keyTo?: string }, command: Command) => {
      const print = async () => {
        const report = await (await loadPlatform()).backUp(options);
        const content = `${count(report.packages, "package")} and ${count(report.jobLogs, "job log")}`;
        const key =
          options.keyTo === undefined
            ? `It holds the key of stored credentials: guard it like ${options.data}.`
            : `The key of stored credentials is in ${options.keyTo}, and not in the backup: keep both, apart.`;
        return `backup of ${content}: ${options.to} (${report.bytes} bytes, readable by this user alone)\n${key}`;
      };
      await run(print, command);
    });
}

/** `sluice platform restore`: a data directory out of a backup. */
export function restoreCommand(): Command {
  return new Command("restore")
    .description("Make a data directory out of a backup")
    .argument("<file>", "file that sluice platform backup wrote")
    .requiredOption("--data <directory>", "directory to fill; it must be empty or new")
    .option("--key <file>", "key of stored credentials, when the backup was made with --key-to")
    .action(async (from: string, options: { data: string; key?: string }, command: Command) => {
      const print = async () => {
        const report = await (await loadPlatform()).restore({ from, ...options });
        const content = `${count(report.packages, "package")} and ${count(report.jobLogs, "job log")}`;
        return (
          `restored ${content}, as of ${report.createdAt}\n` +
          `start it with: sluice platform start --data ${options.data}, and its environments`
        );
      };
      await run(print, command);
    });
}

async function run(print: () => Promise<string>, command: Command): Promise<void> {
  try {
    process.stdout.write(`${await print()}\n`);
  } catch (error) {
    command.error(`error: ${error instanceof Error ? error.message : String(error)}`, { exitCode: 2 });
  }
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
