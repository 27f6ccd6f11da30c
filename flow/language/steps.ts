import type { StepForm } from "./step-forms.js";
import { columnSteps, textSteps } from "./steps-columns.js";
import { rowSteps, tableSteps } from "./steps-rows.js";

const forms: readonly StepForm[] = [...columnSteps, ...textSteps, ...rowSteps, ...tableSteps];

/** Every step type with a text form, by the AST's type. Source: the steps seen in real packages. */
export const stepsByType: ReadonlyMap<string, StepForm> = new Map(forms.map((form) => [form.type, form]));

/** The same by the word that starts the step's text. */
export const stepsByWord: ReadonlyMap<string, StepForm> = new Map(forms.map((form) => [form.word, form]));
