/**
 * Reads a path as the engine does, and throws where it refuses one: `name`, `.name` up to the next `.` or `[`, `[0]`, and
 * `["key"]`, in which `\"` is the only escape. Source: Pulumi's sdk/go/common/resource/properties_path.go.
 */
export function parsePath(path: string): (string | number)[] {
  const elements: (string | number)[] = [];
  let rest = path;
  if (rest === "" || rest.startsWith(".")) throw new Error(`${path}: starts with no name`);
  while (rest !== "") {
    const found = /^(?:\["((?:\\"|\\(?!")|[^"\\])*)"\]|\[(\d+)\]|\.?([^.[]+))/s.exec(rest);
    if (found === null) throw new Error(`${path}: no element at ${rest}`);
    const [whole, key, index, name] = found;
    if (key !== undefined) elements.push(key.replaceAll('\\"', '"'));
    else if (index !== undefined) elements.push(Number(index));
    else if (name !== undefined) elements.push(name);
    rest = rest.slice(whole.length);
  }
  return elements;
}

/** What stands at the place; undefined when there is no such place. */
export function valueAt(value: unknown, place: readonly (string | number)[]): unknown {
  return place.reduce<unknown>((at, key) => {
    const isThere =
      Array.isArray(at) === (typeof key === "number") && typeof at === "object" && at !== null
        ? Object.hasOwn(at, key)
        : false;
    return isThere ? (at as Record<string | number, unknown>)[key] : undefined;
  }, value);
}
