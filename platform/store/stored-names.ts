/** What lies in a data directory, by name; backups call it the same. */
export const STORED_NAMES = { database: "platform.db", key: "store.key", blobs: "blobs", logs: "job-logs" };
