/** Where in a package the compiler stands. */
export interface CompilePlace {
  /** The recipe's name, told apart from others of that name. */
  readonly recipe: string;
  /** Number of the step as users see it, from 1; 0 for the hidden load of the input. */
  readonly step: number;
  /** The step's type, for example `Derive`. */
  readonly type: string;
}

/** A recipe that cannot be compiled. The message begins with the recipe and the step. */
export class CompileError extends Error {
  override readonly name: string = "CompileError";

  constructor(
    readonly place: CompilePlace,
    readonly reason: string,
    options?: ErrorOptions,
  ) {
    super(`${describePlace(place)}: ${reason}`, options);
  }
}

/** A step of a type or form that the compiler does not know. */
export class UnsupportedStep extends CompileError {
  override readonly name = "UnsupportedStep";
}

/** A function, or an argument of one, that the compiler does not know. */
export class UnsupportedFunction extends CompileError {
  override readonly name = "UnsupportedFunction";

  constructor(
    place: CompilePlace,
    /** The function's name in the package. */
    readonly functionName: string,
    reason: string,
  ) {
    super(place, reason);
  }
}

/** A column, table or parameter that a step names and that is not there. */
export class UnknownName extends CompileError {
  override readonly name = "UnknownName";
}

/** Something that only the data can tell, in a compilation without data. */
export class DataNeeded extends CompileError {
  override readonly name = "DataNeeded";
}

function describePlace({ recipe, step, type }: CompilePlace): string {
  return step === 0 ? `recipe "${recipe}", its input` : `recipe "${recipe}", step ${step} (${type})`;
}
