import js from "@eslint/js";
import tseslint from "typescript-eslint";

const typescriptFiles = ["**/*.ts"];
const nodeGlobals = [
  "process",
  "URL",
  "fetch",
  "AbortSignal",
  "setInterval",
  "clearInterval",
  "setTimeout",
  "clearTimeout",
];

export default tseslint.config(
  { ignores: ["**/dist/", "node_modules/", "sdk/", "schema.json", ".sluice/"] },
  js.configs.recommended,
  {
    files: typescriptFiles,
    extends: [tseslint.configs.recommendedTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/no-misused-promises": "error",
      "@typescript-eslint/only-throw-error": "error",
      "@typescript-eslint/switch-exhaustiveness-check": [
        "error",
        { considerDefaultExhaustiveForUnions: true },
      ],
      "@typescript-eslint/no-unused-vars": [
        "error",
        { argsIgnorePattern: "^_", varsIgnorePattern: "^_", ignoreRestSiblings: true },
      ],
      // Ids are numbers, and they stand in many messages.
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      // The index of a JSON object is written as one, and its type is a type like the others beside it.
      "@typescript-eslint/dot-notation": "off",
      "@typescript-eslint/consistent-indexed-object-style": "off",
      "@typescript-eslint/consistent-type-definitions": "off",
      // A handler or a method of an interface may be async without awaiting anything.
      "@typescript-eslint/require-await": "off",
      // An explicit undefined test and `||` over empty strings are both meant where they stand.
      "@typescript-eslint/prefer-nullish-coalescing": "off",
    },
  },
  {
    files: ["**/*.mjs", "**/*.cjs"],
    languageOptions: {
      globals: Object.fromEntries([...nodeGlobals, "require"].map((name) => [name, "readonly"])),
    },
  },
  {
    rules: {
      "max-lines": ["error", 400],
      "no-console": "error",
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-restricted-syntax": [
        "error",
        {
          selector: "ExportDefaultDeclaration",
          message: "Export by name: a default export has a new name in every file.",
        },
      ],
    },
  },
  {
    // What a server answers is any JSON until a test has said what it expects of it.
    files: ["test/platform/**"],
    rules: Object.fromEntries(
      ["argument", "assignment", "call", "member-access", "return"].map((what) => [
        `@typescript-eslint/no-unsafe-${what}`,
        "off",
      ]),
    ),
  },
  { files: ["cli/**", "examples/**", "tools/**"], rules: { "no-console": "off" } },
  { files: ["*.config.*"], rules: { "no-restricted-syntax": "off" } },
);
