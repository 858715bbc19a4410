import { t } from "../i18n"

/** Lets the browser say in the language of the interface, not in its own, what a field lacks. */
export function translateValidity(): void {
  const field = (event: Event) => event.target as HTMLInputElement
  document.addEventListener("invalid", (event) => {
    const { validity, minLength } = field(event)
    const { required, tooShort } = t().errors
    field(event).setCustomValidity(validity.valueMissing ? required : validity.tooShort ? tooShort(minLength) : "")
  }, true)
  // A text of ours counts as an error until it is taken away.
  for (const change of ["input", "change"]) document.addEventListener(change, (event) => field(event).setCustomValidity?.(""), true)
}
