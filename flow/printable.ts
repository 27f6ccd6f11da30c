/**
 * A text as people may be shown it: without characters that a terminal would obey, and without those that turn the direction of
 * writing, which make a line read like another one. Each becomes �; tabs and line ends stay.
 */
export function printable(text: string): string {
  return text.replaceAll("\r\n", "\n").replaceAll(/[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/gu, "�");
}
