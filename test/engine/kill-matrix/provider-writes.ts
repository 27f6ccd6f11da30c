import { resolve } from "node:path";
import ts from "typescript";

/** Methods of the provider's client that write, and what each sends. */
const SENDERS: Readonly<Record<string, string>> = {
  post: "POST",
  create: "POST",
  upload: "POST",
  put: "PUT",
  patch: "PATCH",
  delete: "DELETE",
};

/**
 * Every kind of write that the provider's sources can send, as in `PATCH /v4/releases/N`: the paths with which they call the client,
 * with `N` for what is not known before. Throws where the path itself is not known.
 */
export function writesInSources(): string[] {
  const read = ts.readConfigFile("tsconfig.json", (path) => ts.sys.readFile(path));
  const { options, fileNames } = ts.parseJsonConfigFileContent(read.config, ts.sys, resolve("."));
  const roots = fileNames.filter((name) => /\/provider\/(?!client|codegen)/.test(name));
  const program = ts.createProgram(roots, options);
  const checker = program.getTypeChecker();
  const kinds = new Set<string>();
  const visit = (node: ts.Node): void => {
    ts.forEachChild(node, visit);
    if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return;
    const method = SENDERS[node.expression.name.text];
    const receiver = checker.getTypeAtLocation(node.expression.expression).symbol as ts.Symbol | undefined;
    const [path] = node.arguments;
    if (method === undefined || receiver?.name !== "Client" || path === undefined) return;
    for (const known of pathsOf(path, checker)) {
      if (!known.startsWith("/v4/"))
        throw new Error(`${node.getSourceFile().fileName}: which path is ${path.getText()}?`);
      kinds.add(`${method} ${known}`);
    }
  };
  for (const name of roots) {
    const source = program.getSourceFile(name);
    if (source) visit(source);
  }
  return [...kinds].sort();
}

/** What an expression can be, by its type, or by what a template or a constant is made of; `N` when that tells nothing. */
function pathsOf(expression: ts.Expression, checker: ts.TypeChecker): string[] {
  const type = checker.getTypeAtLocation(expression);
  const literals = (type.isUnion() ? type.types : [type]).map((one) => one.isStringLiteral() && one.value);
  if (literals.every((literal) => literal !== false)) return literals;
  if (ts.isTemplateExpression(expression))
    return expression.templateSpans.reduce<string[]>(
      (heads, span) =>
        heads.flatMap((head) =>
          pathsOf(span.expression, checker).map((value) => head + value + span.literal.text),
        ),
      [expression.head.text],
    );
  const declared = checker.getSymbolAtLocation(expression)?.valueDeclaration;
  const value = declared && ts.isVariableDeclaration(declared) ? declared.initializer : undefined;
  return value === undefined || !ts.isTemplateExpression(value) ? ["N"] : pathsOf(value, checker);
}
