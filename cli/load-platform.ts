import type * as Platform from "sluice-platform";

/**
 * The npm package sluice-platform. It has native parts, so pipelines that only deploy do not have it. Throws Error that
 * says how to get it when it is not there.
 */
export async function loadPlatform(): Promise<typeof Platform> {
  try {
    return await import("sluice-platform");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isMissing =
      (code === "MODULE_NOT_FOUND" || code === "ERR_MODULE_NOT_FOUND") && message.includes("sluice-platform");
    if (!isMissing) throw error;
    throw new Error("the embedded platform is not installed; install it with: npm install sluice-platform", {
      cause: error,
    });
  }
}
