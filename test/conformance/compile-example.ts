import { dirname, join } from "node:path";
import ts from "typescript";

/**
 * A compiler of small programs that stand in `folder`, with the settings of a tsconfig file. It answers what is wrong with a
 * program, and parses what programs import only once.
 */
export function createExampleCompiler(tsconfig: string, folder: string): (program: string) => string[] {
  const options = ts.getParsedCommandLineOfConfigFile(
    tsconfig,
    {},
    { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined },
  )?.options;
  if (options === undefined) throw new Error(`${tsconfig} cannot be read`);
  const host = ts.createCompilerHost(options);
  const readFromDisk = host.getSourceFile.bind(host);
  const sources = new Map<string, ts.SourceFile | undefined>();
  const file = join(folder, "example-of-the-docs.ts");
  return (text) => {
    const example = ts.createSourceFile(file, text, options.target ?? ts.ScriptTarget.ES2022);
    host.getSourceFile = (name, version) => {
      if (name === file) return example;
      if (!sources.has(name)) sources.set(name, readFromDisk(name, version));
      return sources.get(name);
    };
    host.fileExists = (name) => name === file || ts.sys.fileExists(name);
    const program = ts.createProgram(
      [file],
      { ...options, noEmit: true, rootDir: dirname(tsconfig), skipLibCheck: true },
      host,
    );
    const problems = [
      ...program.getSyntacticDiagnostics(example),
      ...program.getSemanticDiagnostics(example),
    ];
    return problems.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
  };
}
