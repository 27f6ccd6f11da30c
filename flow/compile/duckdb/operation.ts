/** The SQL of an operation on the SQL of its arguments. */
export type Operation = (...args: readonly string[]) => string;

/** A plain function of DuckDB. */
export const pass =
  (functionName: string): Operation =>
  (...args) =>
    `${functionName}(${args.join(", ")})`;

/** An aggregate over rows in an order. */
export const ordered =
  (functionName: string): Operation =>
  (value = "", ...order) =>
    `${functionName}(${value}${order.length === 0 ? "" : ` ORDER BY ${order.join(", ")}`})`;
