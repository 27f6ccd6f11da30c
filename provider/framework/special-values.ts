/** Key under which the engine says what kind of special object (secret, asset, output…) an object is. */
export const SIGNATURE = "4dabf18193072939515e22adb298388d";

/** The kind of an asset. */
export const ASSET = "c44067f5952c0a294b673a41bacd8c17";

/** Whether the engine, not the program, decides what is inside: an asset or an archive. */
export function isSpecial(value: object): boolean {
  return SIGNATURE in value;
}
