/** What a request carries, with the headers that say what it is. */
export interface Content {
  body: string | FormData;
  headers?: Record<string, string>;
}

/** A body of JSON; made anew for every attempt. */
export function json(body: unknown): () => Content {
  return () => ({ body: JSON.stringify(body), headers: { "content-type": "application/json" } });
}

/** A package as the multipart part `data`, the name that every client of this API uses; made anew for every attempt. */
export function packageForm(fileName: string, bytes: Uint8Array): () => Content {
  return () => {
    const form = new FormData();
    form.set("data", new Blob([bytes], { type: "application/octet-stream" }), fileName);
    return { body: form };
  };
}
