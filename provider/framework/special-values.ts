/** Key under which the engine says what kind of special object (secret, asset, output…) an object is. */
export const SIGNATURE = "4dabf18193072939515e22adb298388d";

/** Whether the engine, not the program, decides what is inside: an asset or an archive. */
export function isSpecial(value: object): boolean {
  return SIGNATURE in value;
}
